// node watch.js 2|4 URL TRANSPORT: the seed's client in JavaScript. Prints a line of JSON for each event, and stays
// until the server ends it and for two seconds more, in which it must not come back.
const [generation, url, transport] = process.argv.slice(2);
const { default: io } = await import(`socket.io-client-${generation}`);

const say = (event, data) => console.log(JSON.stringify([event, data ?? null]));
const options = transport === "both" ? {} : { transports: [transport] };
const socket = io(url, { ...options, reconnectionDelay: 100, forceNew: true });
for (const event of ["chargerConnected", "statusChanged", "newLog", "error"]) {
  socket.on(event, (data) => say(event, data));
}
socket.on("connect", () => say("connect"));
socket.on("connect_error", (error) => {
  say("refused", error.message ?? String(error));
  process.exit();
});
socket.on("disconnect", (reason) => {
  say("disconnect", reason);
  setTimeout(() => process.exit(), 2000);
});
