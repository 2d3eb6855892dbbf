// Takes workloads/shape.json; gives the scripts beside it its fields, their packages and arguments.

import { closeSync, openSync, readFileSync, writeSync } from "node:fs";

export const shape = JSON.parse(readFileSync(new URL("../workloads/shape.json", import.meta.url)));

// Packages are installed apart from this folder, where a plain import would not find them.
const packages = new URL("../.env/npm/node_modules/", import.meta.url);
export const load = (module) => import(new URL(module, packages));

const readPools = (section) =>
  Object.entries(section).map(([field, pool]) => ({
    field,
    values: Array.isArray(pool) ? pool : Object.keys(pool),
    weights: Array.isArray(pool) ? null : Object.values(pool),
  }));

export const pools = readPools(shape.pools);
export const details = readPools(shape.details);

// A schema knows no odds: values are repeated.
export const repeatByWeight = ({ values, weights }) =>
  weights === null ? values : values.flatMap((value, at) => Array(weights[at] / 10).fill(value));

export function readArguments() {
  const [workload, count, out] = process.argv.slice(2);
  return { claims: workload === "claims", count: Number(count), out };
}

const BLOCK = 1 << 16;

// One record a line, written in blocks, because a stream would keep all of the lines in memory.
export function writeRecords(out, count, make) {
  const file = openSync(out, "w");
  let lines = "";
  for (let index = 0; index < count; index += 1) {
    lines += `${JSON.stringify(make())}\n`;
    if (lines.length > BLOCK) {
      writeSync(file, lines);
      lines = "";
    }
  }
  writeSync(file, lines);
  closeSync(file);
}
