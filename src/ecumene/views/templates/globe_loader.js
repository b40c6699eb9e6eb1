// Unpacks the globe's program and runs it. It needs what its data need as well: DecompressionStream.
(async () => {
  const packed = Uint8Array.from(atob(document.getElementById("globe-js").textContent), (letter) => letter.charCodeAt(0));
  const stream = new Blob([packed]).stream().pipeThrough(new DecompressionStream("gzip"));
  const program = document.createElement("script");
  program.textContent = await new Response(stream).text();
  document.head.append(program);
})().catch((error) => {
  document.getElementById("globe").dataset.state = "none";
  for (const part of document.querySelectorAll(".globe > *")) part.hidden = part.id !== "globe-none";
  document.getElementById("globe-none").append(` (${error.message})`);
});
