// Calls the service's own client: each line of standard input is one call as JSON, each line of output its outcome.
//
// Usage: node client.js PORT, with NODE_EXTRA_CA_CERTS. The client knows no port: the agent's goes before its own.
"use strict";
const https = require("https");
const readline = require("readline");
const Api = require("gettyimages-api");

https.globalAgent.options.port = Number(process.argv[2]);

async function call({ credentials, ids, fields }) {
    let request = new Api(credentials, "localhost", "localhost").images();
    request = ids.length === 1 ? request.withId(ids[0]) : request.withIds(ids);
    if (fields) request = request.withResponseField(fields);
    return request.execute();
}

(async () => {
    for await (const line of readline.createInterface({ input: process.stdin })) {
        let outcome;
        try {
            outcome = { answer: await call(JSON.parse(line)) };
        } catch (error) {
            outcome = { error: String(error.message || error) };
        }
        console.log(JSON.stringify(outcome));
    }
})();
