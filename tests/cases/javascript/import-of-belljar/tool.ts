import { kv } from "belljar";
export default async () => kv.get("a");
