export default () => new (Intl as any).Segmenter("en").segment("x");
