// A foreign edge node: Eclipse Tahu's JavaScript client with one device. Usage: node edge.js <port>
// Says on standard output what it hears; a node command "stop" ends it with a published death.
"use strict";
const sparkplug = require("sparkplug-client");

const device = "m1";
const client = sparkplug.newClient({
  serverUrl: `mqtt://127.0.0.1:${process.argv[2]}`, username: "", password: "",
  groupId: "foreign", edgeNode: "tahu", clientId: "tahu-edge", version: "spBv1.0", publishDeath: true,
});
let clock = Date.now() - 5000;

function point(value, more) {
  clock += 1;
  return { name: "Power", alias: 9, value, type: "Double", timestamp: clock, ...more };
}

client.on("birth", () => {
  client.publishNodeBirth({ timestamp: clock, metrics: [
    { name: "Node Control/Rebirth", type: "Boolean", value: false, timestamp: clock },
  ] });
  client.publishDeviceBirth(device, { timestamp: clock, metrics: [
    point(1.5, { properties: { unit: { type: "String", value: "W" } } }),
  ] });
  client.publishDeviceData(device, { timestamp: clock, metrics: [
    point(2.5), point(-3.5, { isHistorical: true }), point(4.5, { properties: { Quality: { type: "Int32", value: 0 } } }),
  ] });
});
client.on("ncmd", (payload) => {
  const names = payload.metrics.map((metric) => metric.name);
  console.log(`ncmd ${names.join(",")}`);
  if (names.includes("stop")) client.stop();
  if (names.includes("Node Control/Rebirth")) client.emit("birth");
});
client.on("dcmd", (id, payload) => console.log(`dcmd ${id} ${payload.metrics.map((metric) => metric.name).join(",")}`));
