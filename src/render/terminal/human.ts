/** `0.85s`, `12.3s`, `2m05s`, `1h02m`: no more digits than a person uses. "" for null. */
export function humanDuration(ms: number | null): string {
  if (ms === null) return "";
  if (ms < 9950) return `${(ms / 1000).toFixed(2)}s`;
  if (ms < 59_950) return `${(ms / 1000).toFixed(1)}s`;
  const seconds = Math.round(ms / 1000);
  const two = (value: number) => String(value).padStart(2, "0");
  if (seconds < 3600) return `${Math.floor(seconds / 60)}m${two(seconds % 60)}s`;
  const minutes = Math.round(seconds / 60);
  if (minutes < 24 * 60) return `${Math.floor(minutes / 60)}h${two(minutes % 60)}m`;
  const hours = Math.round(minutes / 60);
  return `${Math.floor(hours / 24)}d${two(hours % 24)}h`;
}

/** `0 B`, `812 B`, `4.2 kB`, `1.3 GB`: powers of 1000, as df -H and file managers show them. "" for null. */
export function humanBytes(bytes: number | null): string {
  if (bytes === null) return "";
  const units = ["B", "kB", "MB", "GB", "TB"];
  let value = bytes;
  let unit = 0;
  while (value >= 999.5 && unit < units.length - 1) {
    value /= 1000;
    unit++;
  }
  const digits = unit === 0 || value >= 99.95 ? 0 : 1;
  return `${value.toFixed(digits)} ${units[unit]}`;
}

const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/**
 * A moment in local time, as short as it is unambiguous from now: `14:02:31` of today, `24 Nov 14:02` of this year, else
 * `24 Nov 2024`. "" if the value is no time.
 */
export function humanTime(epochMs: number | null, nowMs: number): string {
  if (epochMs === null || !Number.isFinite(epochMs)) return "";
  const [then, now] = [new Date(epochMs), new Date(nowMs)];
  const two = (value: number) => String(value).padStart(2, "0");
  const clock = `${two(then.getHours())}:${two(then.getMinutes())}`;
  const date = `${then.getDate()} ${MONTHS[then.getMonth()]}`;
  if (then.toDateString() === now.toDateString()) return `${clock}:${two(then.getSeconds())}`;
  return then.getFullYear() === now.getFullYear() ? `${date} ${clock}` : `${date} ${then.getFullYear()}`;
}

/** `just now`, `5 min ago`, `3 h ago`, `12 days ago`; "in the future" for a clock that went back. */
export function humanAge(epochMs: number, nowMs: number): string {
  const seconds = (nowMs - epochMs) / 1000;
  if (seconds < -60) return "in the future";
  if (seconds < 60) return "just now";
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ago`;
  if (seconds < 48 * 3600) return `${Math.floor(seconds / 3600)} h ago`;
  return `${Math.floor(seconds / 86_400)} days ago`;
}
