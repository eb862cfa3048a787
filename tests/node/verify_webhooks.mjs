// Verifies messages of webhooks: JSON lines `{"secret", "headers", "body"}` on standard input. Prints how many
// are sound; ends with 1 at the first that is not.
import { createInterface } from "node:readline";
import { Webhook } from "standardwebhooks";

let sound = 0;
for await (const line of createInterface({ input: process.stdin })) {
  const { secret, headers, body } = JSON.parse(line);
  new Webhook(secret).verify(body, headers);
  ++sound;
}
console.log(sound);
