// Takes WORKLOAD COUNT OUT; writes records by json-schema-faker.

import { readFileSync } from "node:fs";

import { load, readArguments, writeRecords } from "./shape.mjs";

const { createGeneratorSync } = await load("json-schema-faker/dist/index.js");

const { claims, count, out } = readArguments();
const workload = claims ? "claims" : "pools";
const schema = JSON.parse(readFileSync(new URL(`../workloads/${workload}.schema.json`, import.meta.url)));
const generator = createGeneratorSync({ seed: 42 });
writeRecords(out, count, () => generator.generate(schema));
