export default async () => await import("lodash");
