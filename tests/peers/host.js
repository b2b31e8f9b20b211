// A foreign host application that knows nothing of our acknowledgements: mqtt.js, and protobufjs with a schema of ours.
// Usage: node host.js <port> <host id>. Prints one JSON line per message heard. The first device data make it order a
// rebirth; data after the second birth make it write a setpoint by alias.
"use strict";
const mqtt = require("mqtt");
const protobuf = require("protobufjs");

const optional = (id, type) => ({ id, type, rule: "optional" });
const schema = protobuf.Root.fromJSON({ nested: {
  Value: { fields: { type: optional(1, "uint32"), isNull: optional(2, "bool"), intValue: optional(3, "uint32"),
    longValue: optional(4, "uint64"), booleanValue: optional(7, "bool"), stringValue: optional(8, "string") } },
  Properties: { fields: { keys: { id: 1, type: "string", rule: "repeated" },
    values: { id: 2, type: "Value", rule: "repeated" } } },
  Metric: { fields: { name: optional(1, "string"), alias: optional(2, "uint64"), timestamp: optional(3, "uint64"),
    datatype: optional(4, "uint32"), isHistorical: optional(5, "bool"), isNull: optional(7, "bool"),
    properties: optional(9, "Properties"), intValue: optional(10, "uint32"), longValue: optional(11, "uint64"),
    doubleValue: optional(13, "double"), booleanValue: optional(14, "bool"), stringValue: optional(15, "string") } },
  Payload: { fields: { timestamp: optional(1, "uint64"), metrics: { id: 2, type: "Metric", rule: "repeated" },
    seq: optional(3, "uint64") } },
} });
const Payload = schema.lookupType("Payload");

const [port, id] = process.argv.slice(2);
const timestamp = Date.now();
const state = (online) => JSON.stringify({ online, timestamp });
const names = new Map();
let births = 0, orders = 0;
const client = mqtt.connect(`mqtt://127.0.0.1:${port}`, {
  clientId: "foreign-host", clean: true,
  will: { topic: `spBv1.0/STATE/${id}`, payload: state(false), qos: 1, retain: true },
});
client.on("connect", () => client.subscribe(["spBv1.0/#"], { qos: 1 }, () =>
  client.publish(`spBv1.0/STATE/${id}`, state(true), { qos: 1, retain: true })));
client.on("message", (topic, bytes) => {
  const [, group, kind, node, device] = topic.split("/");
  if (group === "STATE" || kind.endsWith("CMD")) return;
  const payload = Payload.toObject(Payload.decode(bytes), { longs: Number });
  if (kind === "NBIRTH") births += 1;
  const metrics = (payload.metrics || []).map((metric) => {
    if (kind.endsWith("BIRTH") && metric.alias !== undefined) names.set(metric.alias, metric.name);
    return { ...metric, hadName: metric.name !== undefined, name: metric.name || names.get(metric.alias) };
  });
  console.log(JSON.stringify({ kind, device: device || "", seq: payload.seq, metrics }));
  if (kind === "DDATA") answer(group, node, device);
});

function order(kind, group, node, device, metric) {
  orders += 1;
  const payload = Payload.encode(Payload.create({ timestamp: Date.now(), metrics: [{ timestamp: Date.now(), ...metric }] }));
  client.publish(["spBv1.0", group, kind, node, ...device].join("/"), Buffer.from(payload.finish()));
}

function answer(group, node, device) {
  if (orders === 0) order("NCMD", group, node, [], { name: "Node Control/Rebirth", datatype: 11, booleanValue: true });
  if (orders === 1 && births >= 2) {
    const alias = [...names].find(([, name]) => name === "Setpoint/Temperature")[0];
    order("DCMD", group, node, [device], { alias, doubleValue: 22.5 });
  }
}
