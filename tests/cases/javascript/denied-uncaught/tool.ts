export default () => belljar.kv.get("secret");
