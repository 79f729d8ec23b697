// Loaded before a part that `npm start` or a test starts (node --import): when the starter is gone, by kill -9
// too, the part ends as if asked to, so that nothing is left that holds the port or the data.
if (process.channel) {
	process.channel.unref();
	process.on("disconnect", () => {
		process.kill(process.pid, "SIGTERM");
		setTimeout(() => process.exit(1), 10_000).unref();
	});
}
