import { z } from "zod";
export default function run(input: unknown) { return z.parse(input); }
