export default () => ({ items: [1, 2].map(async (n) => n) });
