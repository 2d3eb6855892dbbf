// Takes WORKLOAD COUNT OUT; writes records by @faker-js/faker.

import { details, load, pools, readArguments, shape, writeRecords } from "./shape.mjs";

// The one locale, as its guide advises; the whole package loads seventy.
const { faker } = await load("@faker-js/faker/dist/locale/en.js");

const MU = Math.log(shape.amount.median);
const FIRST_DAY = new Date(shape.date.from);
const LAST_DAY = new Date(`${shape.date.to}T23:59:59Z`);
const [DETAILS_MIN, DETAILS_MAX] = shape.details_count;
const WEIGHTED = new Map(
  pools
    .filter(({ weights }) => weights !== null)
    .map(({ field, values, weights }) => [
      field,
      values.map((value, at) => ({ value, weight: weights[at] })),
    ]),
);

function makePools() {
  const record = {};
  for (const { field, values, weights } of pools) {
    record[field] =
      weights === null
        ? faker.helpers.arrayElement(values)
        : faker.helpers.weightedArrayElement(WEIGHTED.get(field));
  }
  return record;
}

// By the method of Box and Muller: faker has no log-normal numbers.
function makeAmount() {
  const radius = Math.sqrt(-2 * Math.log(1 - Math.random()));
  const normal = radius * Math.cos(2 * Math.PI * Math.random());
  return Math.round(100 * Math.exp(MU + shape.amount.sigma * normal)) / 100;
}

function makeDate() {
  const [year, month, day] = faker.date
    .between({ from: FIRST_DAY, to: LAST_DAY })
    .toISOString()
    .slice(0, 10)
    .split("-");
  return `${month}/${day}/${year}`;
}

function makeClaim() {
  const record = makePools();
  record[shape.integer.field] = faker.number.int({ min: shape.integer.min, max: shape.integer.max });
  record[shape.amount.field] = makeAmount();
  record[shape.date.field] = makeDate();
  record[shape.id.field] =
    faker.string.alpha({ length: shape.id.letters, casing: "upper" }) +
    faker.string.numeric(shape.id.digits);
  record[shape.email.field] = faker.internet.email();
  record[shape.name.field] = faker.person.fullName();
  record[shape.details_field] = faker.helpers.multiple(
    () => Object.fromEntries(details.map(({ field, values }) => [field, faker.helpers.arrayElement(values)])),
    { count: { min: DETAILS_MIN, max: DETAILS_MAX } },
  );
  return record;
}

const { claims, count, out } = readArguments();
faker.seed(42);
writeRecords(out, count, claims ? makeClaim : makePools);
