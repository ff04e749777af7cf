export default () => { let a = []; for (let i = 0; i < 100; i++) a = [a]; let b = a; for (let i = 0; i < 5000; i++) b = [b]; return b; };
