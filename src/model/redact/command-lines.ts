import { isHarmless, isHarmlessWord } from "./harmless.ts";
import type { Finder, OnFound } from "./spans.ts";
import { valueAt } from "./value.ts";

/** A program, and the flags of it that a password follows. What is before the flag is bounded: a command line is short. */
interface Command {
  readonly hint: string;
  /** Ends where the value begins. */
  readonly pattern: () => RegExp;
  /** Of `user:password` only the second half is one. */
  readonly afterColon?: true;
}

const BEFORE = String.raw`\b[^\n|]{0,400}?[\s"',]`;

/** `mysql -pSECRET`, `curl -u me:SECRET`, `docker login -p SECRET` and others whose flags say nothing by themselves. */
const COMMANDS: readonly Command[] = [
  {
    hint: "curl",
    pattern: () =>
      command("curl", String.raw`(?:-[a-zA-Z]{0,4}[uU](?:["'],)?[ \t]{0,4}|--(?:proxy-)?user(?:["'],)?[ =][ \t]{0,4})`),
    afterColon: true,
  },
  { hint: "wget", pattern: () => command("wget", "--(?:http-|ftp-|proxy-)?user[ =]"), afterColon: true },
  { hint: " -a ", pattern: () => command("https?", "(?:-a|--auth)[ =]"), afterColon: true },
  { hint: "mysql", pattern: () => command("mysql\\w{0,12}", String.raw`-p(?=["']?[^\s"'-])`) },
  { hint: "maria", pattern: () => command("mariadb(?:-\\w{1,12})?", String.raw`-p(?=["']?[^\s"'-])`) },
  { hint: "login", pattern: () => command("login", String.raw`-p[ =]?(?=[^\s-])`) },
  { hint: "sshpass", pattern: () => command("sshpass", String.raw`-p[ ]?(?=[^\s-])`) },
  { hint: "redis-cli", pattern: () => command("redis-cli", "-a[ ]") },
  { hint: "ldap", pattern: () => command("ldap\\w{1,10}", "-w[ ]") },
  { hint: "sqlcmd", pattern: () => command("sqlcmd", "-P[ ]?") },
  { hint: "mongo", pattern: () => command("mongo\\w{0,10}", String.raw`-p[ ](?=[^\s-])`) },
  {
    hint: "rabbitmqctl",
    pattern: () => command("rabbitmqctl", String.raw`(?:add_user|change_password|authenticate_user)[ ]\S{1,64}[ ]`),
  },
  {
    hint: "htpasswd",
    pattern: () =>
      command(
        "htpasswd",
        String.raw`-[a-zA-Z]{0,4}b[a-zA-Z]{0,3}[ ](?:[^\s-]\S{0,120}[ ])?\S{1,64}[ ](?=[^\s]{1,200}(?:\s|$))`,
      ),
  },
  { hint: "smbclient", pattern: () => command("smbclient", String.raw`-U[ ]?\S{1,64}%`) },
  { hint: "pass:", pattern: () => /\bpass:(?=[^\s])/g },
  {
    hint: "identified",
    pattern: () => /\bIDENTIFIED[ \t]{1,4}(?:WITH[ \t]{1,4}\S{1,40}[ \t]{1,4})?BY[ \t]{1,4}(?:PASSWORD[ \t]{1,4})?/gi,
  },
  { hint: "zip", pattern: () => command("(?:un)?zip", "-P[ ]") },
  { hint: "password(", pattern: () => /\bPASSWORD\([ \t]{0,4}(?=["'])/g },
  {
    hint: "-stdin",
    pattern: () =>
      /\b(?:echo|printf)(?:[ \t]{1,4}-[neE]{1,3})?[ \t]{1,4}(?:["']?%s(?:\\n)?["']?[ \t]{1,4})?(?=[^\n|]{1,400}\|[^\n|]{0,200}--?password-stdin)/g,
  },
  { hint: "securestring", pattern: () => /\bConvertTo-SecureString[ \t]{1,4}(?:-String[ \t]{1,4})?(?=["'])/gi },
  { hint: "accountkey", pattern: () => /\bAccountKey=/gi },
  { hint: "expect", pattern: () => /\bsend[ \t]{1,4}(?=["'][^"']{1,64}\\r["'])/g },
  { hint: "_authtoken", pattern: () => /_authToken[ \t]{1,4}(?=\S)/g },
  { hint: "password>", pattern: () => /\bpassword>[ \t]{0,4}/gi },
  { hint: 'key="', pattern: () => /<add key="[^"]{0,40}(?:password|secret|token|apikey)[^"]{0,20}"\s{1,8}value=/gi },
];

export const commandLines: readonly Finder[] = COMMANDS.map(({ hint, pattern, afterColon }) => ({
  hints: [hint],
  find: finding(pattern, afterColon ? credentialsAt : valueFrom),
}));

/** `onPlace` is called for each place where the pattern ends. */
function finding(make: () => RegExp, onPlace: (text: string, at: number, onFound: OnFound) => void): Finder["find"] {
  let pattern: RegExp | undefined;
  return (text, onFound) => {
    pattern ??= make();
    pattern.lastIndex = 0;
    while (pattern.exec(text) !== null) onPlace(text, pattern.lastIndex, onFound);
  };
}

function command(name: string, flag: string): RegExp {
  return new RegExp(`(?<![\\w.-])${name}${BEFORE}${flag}`, "g");
}

function valueFrom(text: string, at: number, onFound: OnFound): void {
  const value = valueAt(text, at, text[at] !== '"' && text[at] !== "'");
  if (value !== null && !(value.quoted ? isHarmless(value.text) : isHarmlessWord(value.text)))
    onFound(value.start, value.end);
}

function credentialsAt(text: string, at: number, onFound: OnFound): void {
  const value = valueAt(text, at, true);
  const colon = value?.text.indexOf(":") ?? -1;
  if (value === null || colon < 0 || /^\/\//.test(value.text.slice(colon + 1))) return;
  const password = value.text.slice(colon + 1);
  const inner = /^\\?["']/.exec(password)?.[0].length ?? 0;
  if (!isHarmless(password)) onFound(value.start + colon + 1 + inner, value.end);
}
