export default () => new Promise(() => { const again = () => Promise.resolve().then(again); again(); });
