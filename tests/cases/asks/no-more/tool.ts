export default async () => [await belljar.ask("First?"), await belljar.ask("Second?")];
