// Prints the programs of some seeds as a tool: node tests/programs/show.mjs SEED… > tool.mjs

import { module } from "./generate.mjs";

process.stdout.write(module(process.argv.slice(2).map(Number)));
