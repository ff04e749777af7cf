export default async function* run() { yield 1; yield new Set([2]); }
