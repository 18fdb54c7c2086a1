// Evaluates the expressions of a list with npm's jsonata: node bench.js CASES MS; one line for each, as bench.c prints.
"use strict";
const fs = require("fs");
const jsonata = require(process.env.JSONATA_MODULE || "jsonata");

async function rate(ms, step) {
    const end = process.hrtime.bigint() + BigInt(Math.round(ms * 0.3e6));
    while (process.hrtime.bigint() < end)
        await step();
    const start = process.hrtime.bigint();
    const stop = start + BigInt(Math.round(ms * 1e6));
    let count = 0, now = start;
    do {
        for (let i = 0; i < 4; i++)
            await step();
        count += 4;
        now = process.hrtime.bigint();
    } while (now < stop);
    return count / (Number(now - start) / 1e9);
}

(async () => {
    const cases = JSON.parse(fs.readFileSync(process.argv[2], "utf8"));
    const ms = Number(process.argv[3]);
    for (const one of cases) {
        const expr = jsonata(one.expr);
        const result = await expr.evaluate(one.data, one.bindings);
        const many = await rate(ms, () => expr.evaluate(one.data, one.bindings));
        const both = await rate(ms, () => jsonata(one.expr).evaluate(one.data, one.bindings));
        console.log(JSON.stringify({name: one.name, many, both, result: result === undefined ? null : result}));
    }
})();
