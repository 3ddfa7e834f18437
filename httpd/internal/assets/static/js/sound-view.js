// A quiet sound of two short notes.
let context = null;

// ready prepares the sound; browsers allow it only after an action of the guest. A phone
// interrupts it when the screen is locked or a call comes.
export function ready() {
  context ??= new AudioContext();
  again();
}

// again makes a prepared sound ready after an interruption, which may need another action.
export function again() {
  if (['suspended', 'interrupted'].includes(context?.state)) context.resume().catch(() => {});
}

export function play() {
  if (context?.state !== 'running') return;
  [[784, 0], [1175, 0.12]].forEach(([pitch, after]) => {
    const from = context.currentTime + after;
    const [tone, loudness] = [context.createOscillator(), context.createGain()];
    tone.frequency.value = pitch;
    loudness.gain.setValueAtTime(0, from);
    loudness.gain.linearRampToValueAtTime(0.08, from + 0.01);
    loudness.gain.exponentialRampToValueAtTime(0.0001, from + 0.6);
    tone.connect(loudness).connect(context.destination);
    tone.start(from);
    tone.stop(from + 0.6);
  });
}
