/** Stands where a secret would stand, and says what it is, or that there is none. In lower case. */
const WORDS = new Set(
  (
    "absent include omit same-origin access any anonymous api apikey asked auth authentication authorization bad basic bearer bool boolean bytes " +
    "changed changeit changeme char checked client configured credentials created default denied deleted digest disabled " +
    "dummy empty enabled end eof error example exists expected expired failed failure false field file filled found " +
    "generated given granted hashed header hidden identifier ignored incorrect input int integer invalid is key keyword " +
    "loaded locked login long masked match matched mandatory mismatch missing must needed negotiate never new nil no none " +
    "not null number obtained off ok okay old omitted on optional ok passed passphrase password passwd pending placeholder " +
    "present prompt provided pwd read received redacted refreshed refused rejected removed renewed required reset revoked " +
    "rotated sample saved secret secured sent set short sha256 skipped str string stored success tbd test text this todo " +
    "token too true type undefined unknown unset unused updated used user username valid value verified void was weak " +
    "wrong xxx yes yours"
  ).split(" "),
);

/** Passwords of the services that tests start: everybody knows them, and so are the names of the services. */
const TRIVIAL = new Set(
  (
    "admin amqp cassandra clickhouse couchdb db dev development docker elastic elasticsearch foo bar grafana guest influxdb " +
    "kafka keycloak ldap local localhost mariadb minio minioadmin mongo mongodb mssql mysql neo4j nobody oracle pass " +
    "postgres postgresql prod production rabbit rabbitmq redis root sa staging system testing tester testuser testdb " +
    "toor vault qwerty 123456 12345678 password1 password123 letmein"
  ).split(" "),
);

/** A sentence about a secret instead of one. */
const MESSAGE =
  /^(?:is|are|was|were|must|should|can|cannot|can't|could|may|has|have|does|do|not|no|the|a|an|this|that|too|at|please|enter|your|invalid|wrong|incorrect|missing|required|unable|failed|expected|unexpected|for|from|of|in|to|with|and|or|confirmation)\b\s|\b(?:must be|should be|is required|is invalid|is too|not be|cannot be|can't be|has been|did not|does not|do not|at least|end of|instead of)\b/i;

/** Something that is filled in later, or was taken out before. */
const PLACEHOLDER =
  /^(?:\$\{?[A-Za-z_{(]|\$[({]|\$$|\$\d$|\$\{\{|%[A-Za-z_]\w*%|%[sdvqx]\b|%\(|\{\{|\{[\w.]*\}|#\{|<|\[|\*+$|&lt;|@@|__\w+__$|env\(|secrets?\.\w|vault:|ref\+|arn:aws:(?:secretsmanager|ssm)|file:\/)|\*{3,}|•{2,}|x{5,}|X{5,}|^\.{3}|…|^[-_=.]+$|redacted|^(?:your|my|insert|replace|enter|put|some|the|an?)[-_](?:\w+[-_])*(?:token|secret|password|key|here|value)\b|change[-_]?me|placeholder|^(?:dummy|fake|example|sample)(?:[-_]?(?:token|secret|password|key|value))?$/i;

/** A value computed by a program, not the value: `config.secret`, `getToken()`, `process.env.X`. */
const CODE =
  /^[A-Za-z_]\w*(?:\??\.[A-Za-z_$]\w*)+[,;)]*$|^[\w.$]+\(|=>|\)\s*\{|^!|^(?:process\.env|os\.environ|System\.getenv)\b/;
const ONE_CHARACTER = /^(.)\1*$/s;

/** Whether what stands in the place of a secret is none: a placeholder, a keyword, a word about it. */
export function isHarmless(value: string): boolean {
  const bare = value.replace(/[.,:;!?)\]}]+$/, "").toLowerCase();
  return (
    bare.length < 3 ||
    WORDS.has(bare) ||
    TRIVIAL.has(bare) ||
    ONE_CHARACTER.test(bare) ||
    PLACEHOLDER.test(value) ||
    MESSAGE.test(value)
  );
}

/** The same for a value that is not quoted, and so may be an expression of a program. */
export function isHarmlessWord(value: string): boolean {
  return isHarmless(value) || CODE.test(value);
}

/** Whether a value is known to everybody, and stands for something else as well: no text may be searched for it. */
export function isTrivial(value: string): boolean {
  return TRIVIAL.has(value.toLowerCase()) || isHarmless(value);
}

/** Whether a word is more than letters of one kind: it has a digit among letters, or looks drawn by lot. */
export function looksDrawn(value: string): boolean {
  if (/\d/.test(value)) return /[A-Za-z]/.test(value) || value.length >= 8;
  // Words in camel case are names.
  return value.length >= 16 && /[a-z]/.test(value) && /[A-Z]/.test(value) && /[A-Z]{2}|[+/=]/.test(value);
}
