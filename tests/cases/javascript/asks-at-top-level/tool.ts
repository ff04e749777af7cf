const value = await belljar.kv.get("x");
export default () => value;
