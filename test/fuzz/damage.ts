import { Database } from "bun:sqlite";
import fs from "node:fs";
import type { Chance } from "./chance.ts";

const BIG = 2n ** 62n;

/** Damages a database file as no scenariolog does. Returns what it did, for a report. */
export function damage(chance: Chance, file: string): string {
  const done: string[] = [];
  for (let n = 1 + chance.int(3); n > 0; n--)
    done.push(chance.one(6) ? damageBytes(chance, file) : damageRows(chance, file));
  return done.join("; ");
}

/** Damages the file itself, below SQLite. */
function damageBytes(chance: Chance, file: string): string {
  const bytes = fs.readFileSync(file);
  const pages = Math.max(1, Math.floor(bytes.length / 4096));
  const page = () => 4096 * (chance.one(3) ? chance.int(Math.min(8, pages)) : chance.int(pages));
  switch (chance.int(6)) {
    case 0: {
      const at = chance.one(4) ? chance.int(100) : chance.int(bytes.length);
      bytes[at] = chance.int(256);
      fs.writeFileSync(file, bytes);
      return `byte ${at}`;
    }
    case 1: {
      for (let n = 0; n < 50; n++) bytes[chance.int(bytes.length)]! ^= 1 << chance.int(8);
      fs.writeFileSync(file, bytes);
      return "50 bits";
    }
    case 2: {
      const size = chance.int(bytes.length);
      fs.truncateSync(file, chance.one(2) ? size : size - (size % 4096));
      return `truncated at ${size}`;
    }
    case 3: {
      const at = page();
      bytes.fill(chance.pick([0, 255]), at, at + 4096);
      fs.writeFileSync(file, bytes);
      return `page ${at / 4096} filled`;
    }
    case 4: {
      const [from, to] = [page(), page()];
      bytes.copyWithin(to, from, from + 4096);
      fs.writeFileSync(file, bytes);
      return `page ${from / 4096} over ${to / 4096}`;
    }
    default:
      fs.appendFileSync(file, chance.bytes(chance.pick([1, 512, 4096])));
      return "appended";
  }
}

/** Damages the content through SQLite, with all its checks off. */
function damageRows(chance: Chance, file: string): string {
  let db: Database | undefined;
  let sql = "";
  try {
    db = new Database(file);
    for (const pragma of ["foreign_keys = 0", "ignore_check_constraints = 1", "writable_schema = 1"])
      db.run(`PRAGMA ${pragma}`);
    db.run("PRAGMA journal_mode = DELETE");
    sql = statementOf(chance, db);
    db.run(sql);
    db.run("PRAGMA journal_mode = WAL");
    return sql.slice(0, 300);
  } catch (error) {
    return `(${sql.slice(0, 200)}: ${(error as Error).message})`;
  } finally {
    db?.close();
  }
}

function statementOf(chance: Chance, db: Database): string {
  const names = db.query("SELECT name FROM sqlite_master WHERE type = 'table'").values().flat() as string[];
  const table = chance.pick(names.length > 0 ? names : ["nothing"]);
  const columns = db.query(`SELECT name FROM pragma_table_info('${table}')`).values().flat() as string[];
  const column = `"${chance.pick(columns.length > 0 ? columns : ["nothing"])}"`;
  const value = valueFor(chance);
  const where = chance.one(2) ? "" : ` WHERE rowid = ${1 + chance.int(6)}`;
  switch (chance.int(14)) {
    case 0:
      return `DELETE FROM ${table}${where}`;
    case 1:
      return `DROP TABLE ${table}`;
    case 2:
      return `ALTER TABLE ${table} DROP COLUMN ${column}`;
    case 3:
      return `ALTER TABLE ${table} RENAME COLUMN ${column} TO other`;
    case 4:
      return `CREATE TRIGGER nuisance BEFORE ${chance.pick(["UPDATE", "INSERT", "DELETE"])} ON ${table} BEGIN SELECT RAISE(${chance.pick(["FAIL", "ABORT", "IGNORE", "ROLLBACK"])}${""}, 'no'); END`.replace(
        "IGNORE, 'no'",
        "IGNORE",
      );
    case 5:
      return `PRAGMA user_version = ${chance.pick([0, -1, 2, 2147483647])}`;
    case 6:
      return `UPDATE sqlite_master SET sql = ${value} WHERE name = '${table}'`;
    case 7:
      return `UPDATE sqlite_master SET rootpage = ${chance.int(30)} WHERE name = '${table}'`;
    case 8:
      // The same for every row, or one that refers to itself or to nothing.
      return `UPDATE OR REPLACE ${table} SET ${column} = (SELECT ${column} FROM ${table} LIMIT 1 OFFSET ${chance.int(3)})`;
    default:
      return `UPDATE OR ${chance.pick(["REPLACE", "IGNORE"])} ${table} SET ${column} = ${value}${where}`;
  }
}

/** An SQL expression for a value of any type, or of any size. */
function valueFor(chance: Chance): string {
  return chance.pick([
    "NULL",
    "''",
    "0",
    "-1",
    `${BIG}`,
    "9223372036854775807",
    "-9223372036854775808",
    "1e300",
    "9e999",
    "0.5",
    "x'00ff'",
    "zeroblob(100000)",
    "CAST(x'fffe41' AS TEXT)",
    "CAST(x'410042' AS TEXT)",
    "replace(hex(zeroblob(50000)), '0', 'y')",
    "'latest'",
    "'../../../../etc/passwd'",
    "'/etc/passwd'",
    "'/dev/zero'",
    "'fifo'",
    "'sub'",
    "'0000-99-99T99:99:99Z'",
    "'2024-03-01T10:00:00+23:59'",
    "char(27) || '[2J' || char(10) || char(13) || char(0x202e)",
    `'${chance.text().replaceAll("'", "''").replaceAll("\0", "")}'`,
  ]);
}
