// An origin over TLS behind node's http-auth, which takes the counts of a nonce in rising order only. Every
// image is there. Ends when told to, or after five minutes.
//
// Usage: node server.js PORT CERTIFICATE_FILE KEY_FILE
"use strict";
const crypto = require("crypto");
const fs = require("fs");
const https = require("https");
const auth = require("http-auth");

const [port, certificate, key] = process.argv.slice(2);
const realm = "images";
const hash = crypto.createHash("md5").update("key:" + realm + ":token").digest("hex");
const digest = auth.digest({realm}, (user, done) => (user === "key" ? done(hash) : done()));
const answer = digest.check((request, response) => {
  const id = decodeURIComponent(request.url.split("/").pop());
  response.setHeader("Content-Type", "application/json");
  response.end(JSON.stringify({CoordinationId: "c", Images: [{ImageId: id}]}));
});
https
  .createServer({cert: fs.readFileSync(certificate), key: fs.readFileSync(key)}, answer)
  .listen(Number(port), "127.0.0.1");
setTimeout(() => process.exit(), 300000).unref();
