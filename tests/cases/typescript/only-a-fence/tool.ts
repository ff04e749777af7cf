```ts
export default () => 1;
```
