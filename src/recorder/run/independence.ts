/** With this line among its first ten a script says that it may run beside others that have it too. */
const MARK = /^\s*(?:#|\/\/|--|;)\s*scenariolog:\s*independent\s*$/;
const LINES = 10;

/** `head` is the beginning of the script. */
export function saysIndependent(head: string): boolean {
  return head.split("\n", LINES).some((line) => MARK.test(line));
}
