// What goes to the lab and comes back: questions in JSON, and a stream of messages, each a header and its arrays.

const TYPES = { int32: Int32Array, uint8: Uint8Array, float32: Float32Array };

export async function ask(path, body) {
  const response = await fetch(path, {
    method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body),
  });
  if (response.ok) return response.json();
  let told = { field: "", sentence: `the lab answers ${response.status}; is it still running? Reload the page` };
  try { told = await response.json(); } catch { /* not one of its sentences */ }
  throw Object.assign(new Error(told.sentence), told);
}

export async function* messages(path, signal) {
  const response = await fetch(path, { signal });
  if (!response.ok) throw new Error(await response.text());
  const reader = response.body.getReader();
  let held = new Uint8Array(0);
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    const both = new Uint8Array(held.length + value.length);
    both.set(held);
    both.set(value, held.length);
    held = both;
    while (held.length >= 4) {
      const view = new DataView(held.buffer, held.byteOffset, held.byteLength);
      const size = view.getUint32(0, true);
      if (size === 0) { held = held.slice(4); continue; } // still there
      if (held.length < 8 + size) break;
      yield unpacked(held.slice(8, 8 + size), view.getUint32(4, true));
      held = held.slice(8 + size);
    }
  }
}

function unpacked(bytes, head) {
  const message = JSON.parse(new TextDecoder().decode(bytes.subarray(0, head)));
  let at = head;
  for (const [name, type, count] of message.arrays) {
    message[name] = new TYPES[type](bytes.buffer, at, count);
    at += Math.ceil(message[name].byteLength / 8) * 8;
  }
  return message;
}
