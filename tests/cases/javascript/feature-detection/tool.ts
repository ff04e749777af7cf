export default () => [typeof window, typeof process, typeof require, typeof globalThis];
