type Deep<T> = { value: T; next?: Deep<T[]> };
export default (x: Deep<number>) => x;
