// A tiny visual novel: the gatekeeper's face follows what she says. docs/clients/web.md explains it.
const server = new URLSearchParams(location.search).get("server") ?? "http://127.0.0.1:8765";
const { EmopicClient, FaceCanvas } = await import(`${server}/emopic.js`);

const story = { // scene: [what she says, { what the player may answer: the next scene }]
  gate: ["누구세요? 이 시간에 여긴 왜 왔어요?", { "길을 잃었어요": "lost", "문 열어!": "rude" }],
  lost: ["이 숲에서요? 큰일 날 뻔했네… 정말 걱정돼요.", { "고마워요": "thanks", "배고파요": "hungry" }],
  rude: ["뭐라고요? 진짜 무례하네. 화나니까 당장 돌아가세요!", { "미안해요": "sorry" }],
  sorry: ["하… 오늘 친구가 떠나서 너무 슬프고 우울했어요.", { "저도 길을 잃었어요": "lost" }],
  hungry: ["헐, 빵이 하나도 안 남았네? 깜짝이야!", { "괜찮아요": "thanks" }],
  thanks: ["드디어 웃네요! 정말 행복해요. 들어오세요!", { "처음부터": "gate" }],
};

const $ = (id) => document.getElementById(id);
const emopic = new EmopicClient({ url: server, client: "gatekeeper-game" });
const face = new FaceCanvas($("face"));
face.attach(emopic, "gatekeeper");
emopic.addEventListener("status", ({ detail }) => { $("status").textContent = detail.status; });

async function show(scene) {
  const [says, answers] = story[scene];
  $("says").textContent = says;
  $("answers").replaceChildren(...Object.entries(answers).map(([text, next]) => {
    const button = document.createElement("button");
    button.textContent = text;
    button.onclick = () => show(next);
    return button;
  }));
  const { top } = await emopic.line("gatekeeper", says); // the face moves by itself
  $("box").dataset.emotion = top; // and the game may use what the line means
}

await emopic.connect();
await emopic.putCharacter("gatekeeper", { builtin: emopic.hello.builtins[0].id });
emopic.watch("gatekeeper", { frames: { size: 384, format: "webp" } });
await show("gate");
