const out = [];
return out;
