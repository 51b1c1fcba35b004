/** Every text the pages show, in Korean and in English. `{name}` is filled in by `t`. */
export const TEXTS = Object.freeze({
  ko: {
    title: "Emopic 스튜디오",
    tagline: "말 한 줄에 표정이 바뀝니다",
    language: "언어",
    rooms: "다른 화면",
    toDiary: "감정 일기",
    toPractice: "표정 연습",
    skip: "대사 입력으로 바로 가기",
    overlay: "방송 오버레이",
    overlayTitle: "OBS에 얼굴 띄우기",
    overlayText:
      "OBS에서 ‘브라우저’ 소스를 추가하고 아래 주소를 붙여 넣으세요. 배경은 투명하고, 이 화면의 얼굴과 같이 움직입니다.",
    overlayAddress: "오버레이 주소",
    copy: "주소 복사",
    copied: "주소를 복사했어요",
    copyFailed: "복사할 수 없어요. 주소를 직접 선택해 복사해 주세요",
    open: "새 창에서 보기",
    close: "닫기",
    dismiss: "알림 닫기",
    connecting: "연결하는 중",
    ready: "연결됨",
    waiting: "다시 연결하는 중",
    stopped: "연결이 끊겼어요",
    idle: "연결 안 됨",
    retry: "다시 연결",
    engine: "{backend} · {device} · {precision}",
    engineTitle: "실제로 실행 중인 것: {device}, 문장 모델 {text}, 얼굴 모델 {face}",
    faces: "얼굴 고르기",
    upload: "내 사진 쓰기",
    uploadTitle: "사진이나 표정 그림 ZIP을 고르거나 여기에 끌어다 놓으세요 (JPEG, PNG, WebP, ZIP)",
    ownPicture: "내 사진",
    dropHere: "사진을 놓으면 이 얼굴이 움직입니다",
    portrait: "움직이는 얼굴",
    waitingFace: "얼굴을 준비하는 중",
    composer: "대사",
    placeholder: "아무 말이나 입력해 보세요",
    send: "보내기",
    readNote: "손글씨 사진 읽기",
    readNoteTitle: "손글씨 사진을 고르거나 여기에 끌어다 놓으세요",
    readingProposed: "이렇게 읽었어요. 맞는지 보고 Enter로 보내세요",
    sendHint: "Enter로 보내기 · 입력하는 동안에도 표정이 바뀝니다",
    examples: "예시 대사",
    scores: "감정",
    scoresHint: "누르면 그 표정을 보여 줘요",
    show: "{name} {percent}%, 이 표정 보기",
    latency: "속도",
    toEmotion: "문장 → 감정",
    toFrame: "문장 → 첫 표정",
    fps: "초당 프레임",
    backend: "백엔드",
    none: "–",
    timeline: "감정의 흐름",
    timelineHint: "최근 60초",
    timelineHelp: "최근 60초의 표정. 왼쪽과 오른쪽 화살표로 대사를 하나씩 볼 수 있습니다.",
    timelineEmpty: "대사를 보내면 여기에 감정이 그려집니다",
    history: "대화 기록",
    historyEmpty: "아직 보낸 대사가 없어요",
    reuse: "“{text}” 다시 쓰기",
    typing: "입력 중",
    settings: "표정 조절",
    strength: "세기",
    transition: "바뀌는 시간",
    hold: "머무는 시간",
    blink: "눈 깜빡이기",
    speak: "말할 때 입 움직이기",
    mark: "‘generated’ 표시 넣기",
    cutout: "배경 지우기",
    reset: "처음 값으로",
    ms: "{value} ms",
    seconds: "{value}초",
    times: "×{value}",
    tokenTitle: "토큰이 필요해요",
    tokenText: "이 서버는 토큰을 아는 사람만 쓸 수 있습니다. 서버를 시작할 때 정한 토큰을 넣어 주세요.",
    tokenWrong: "토큰이 맞지 않아요. 다시 확인해 주세요.",
    token: "토큰",
    connect: "연결",
    dockTitle: "Emopic 독",
    dockCharacter: "캐릭터",
    dockStudio: "스튜디오의 얼굴",
    dockOther: "다른 캐릭터…",
    dockOtherName: "캐릭터 이름",
    dockUse: "고르기",
    dockWaiting: "아직 이 캐릭터가 없어요. 생기면 여기에 나타납니다.",
    dockHold: "표정 고정",
    dockHoldHint: "다시 누르면 풀려요",
    dockWeight: "세기",
    dockMute: "대사에 반응하지 않기",
    dockMuted: "대사에 반응하지 않는 중",
    dockCopy: "오버레이 주소 복사",
    dockReadOnly: "이 토큰으로는 보기만 할 수 있어요. 조작하려면 서버의 토큰이 필요합니다.",
    pictureUnreadable: "이 파일은 그림으로 열 수 없어요. JPEG, PNG, WebP를 써 주세요.",
    "error.queue_full": "보낼 것이 너무 많이 밀렸어요. 잠시 뒤에 다시 해 주세요.",
    "error.timeout": "서버가 제때 답하지 않았어요.",
    "error.session_lost": "서버가 다시 시작되어 답을 받지 못했어요. 다시 보내 주세요.",
    "error.bad_message": "서버와 말이 통하지 않아요. 페이지를 새로 고쳐 주세요.",
    "error.unknown_protocol": "서버와 이 페이지의 버전이 달라요. 페이지를 새로 고쳐 주세요.",
    "error.event_gap": "연결이 끊긴 동안 일부 소식을 놓쳤어요.",
    "error.message_too_large": "보낸 내용이 너무 커요.",
    "error.rate_limited": "너무 빨리 보냈어요. 조금만 천천히 해 주세요.",
    "error.unknown_character": "서버가 이 캐릭터를 모릅니다.",
    "error.too_many_characters": "캐릭터를 더 만들 수 없어요.",
    "error.read_only": "이 토큰으로는 보기만 할 수 있어요.",
    "error.unknown_builtin": "이 기본 얼굴은 서버에 없어요.",
    "error.picture_format": "JPEG, PNG, WebP 그림 한 장만 쓸 수 있어요.",
    "error.picture_too_large": "그림이 너무 커요.",
    "error.picture_too_small": "그림이 너무 작아요.",
    "error.picture_broken": "그림 파일이 망가졌거나 잘려 있어요.",
    "error.bad_sprites": "이 ZIP은 표정 그림 묶음으로 쓸 수 없어요. joy.png, anger.png처럼 이름 붙인 그림을 넣어 주세요.",
    "error.line_empty": "감정을 읽을 글자가 없어요.",
    "error.line_too_long": "대사가 너무 길어요. {limit}자까지 보낼 수 있어요.",
    "error.busy": "서버가 바빠요. 잠시 뒤에 다시 보내 주세요.",
    "error.closing": "서버가 종료되는 중이에요.",
    "error.device": "연산 장치에 문제가 생겨 이번 것은 처리하지 못했어요.",
    "error.engine": "서버가 이번 것을 처리하지 못했어요.",
    "error.unavailable": "이 서버에서는 쓸 수 없는 기능이에요.",
    "error.service_failed": "다른 서비스가 답하지 않았어요. 잠시 뒤에 다시 해 주세요.",
    "error.address_refused": "이 주소는 열 수 없어요.",
    "error.fetch_failed": "이 주소에서 사진을 가져오지 못했어요.",
    "error.no_alpha": "배경을 지운 얼굴은 JPEG으로 볼 수 없어요. WebP나 PNG로 봐 주세요.",
    "error.no_face": "이 페이지에서 얼굴을 찾지 못했어요.",
    "error.no_text": "사진에서 글자를 읽지 못했어요.",
    "error.too_many_connections": "이 토큰으로 연결된 창이 너무 많아요.",
    "error.session_taken": "다른 창에서 이 대화를 이어 가고 있어요.",
    "error.auth_failed": "토큰이 맞지 않아요.",
    "notice.several_faces": "얼굴이 여럿이라 가장 큰 얼굴을 썼어요.",
    "notice.face_centred": "사진에서 얼굴을 찾지 못해 가운데 부분을 썼어요.",
    "notice.line_cut": "대사가 길어서 앞부분만 읽었어요.",
  },
  en: {
    title: "Emopic studio",
    tagline: "Every line moves the face",
    language: "Language",
    rooms: "Other pages",
    toDiary: "Diary",
    toPractice: "Practise faces",
    skip: "Skip to the line",
    overlay: "Stream overlay",
    overlayTitle: "Show the face in OBS",
    overlayText:
      "In OBS add a Browser source and paste this address. Its background is transparent, and it moves together with the face on this page.",
    overlayAddress: "Overlay address",
    copy: "Copy address",
    copied: "Address copied",
    copyFailed: "Copying is not allowed here. Please select the address and copy it",
    open: "Open in a new window",
    close: "Close",
    dismiss: "Dismiss",
    connecting: "Connecting",
    ready: "Connected",
    waiting: "Reconnecting",
    stopped: "Disconnected",
    idle: "Not connected",
    retry: "Reconnect",
    engine: "{backend} · {device} · {precision}",
    engineTitle: "What really runs: {device}, text model {text}, face model {face}",
    faces: "Choose a face",
    upload: "Use my picture",
    uploadTitle: "Choose a picture or a ZIP of drawn ones, or drop it here (JPEG, PNG, WebP, ZIP)",
    ownPicture: "My picture",
    dropHere: "Drop the picture to bring it to life",
    portrait: "The living face",
    waitingFace: "Preparing the face",
    composer: "Line",
    placeholder: "Say anything, in Korean",
    send: "Send",
    readNote: "Read a picture of handwriting",
    readNoteTitle: "Choose a picture of handwriting, or drop one here",
    readingProposed: "This is what it says. Check it, then send it with Enter",
    sendHint: "Enter sends · the face follows while you type",
    examples: "Example lines",
    scores: "Emotion",
    scoresHint: "Press one to see its expression",
    show: "{name} {percent}%, show this expression",
    latency: "Speed",
    toEmotion: "Line → emotion",
    toFrame: "Line → first frame",
    fps: "Frames/s",
    backend: "Backend",
    none: "–",
    timeline: "Emotion over time",
    timelineHint: "Last 60 seconds",
    timelineHelp: "The expression of the last 60 seconds. The left and right arrow keys step through the lines.",
    timelineEmpty: "Send a line and its emotion is drawn here",
    history: "Lines",
    historyEmpty: "No lines yet",
    reuse: "Use “{text}” again",
    typing: "typing",
    settings: "Expression",
    strength: "Strength",
    transition: "Transition",
    hold: "Hold",
    blink: "Blink",
    speak: "Move the mouth with each line",
    mark: "Mark pictures as “generated”",
    cutout: "Remove the background",
    reset: "Reset",
    ms: "{value} ms",
    seconds: "{value} s",
    times: "×{value}",
    tokenTitle: "A token is needed",
    tokenText: "This server is only for people who know its token. Enter the token it was started with.",
    tokenWrong: "That token is not right. Please check it.",
    token: "Token",
    connect: "Connect",
    dockTitle: "Emopic dock",
    dockCharacter: "Character",
    dockStudio: "The studio's face",
    dockOther: "Another character…",
    dockOtherName: "Its name",
    dockUse: "Use",
    dockWaiting: "There is no such character yet. It will appear here when there is.",
    dockHold: "Hold an expression",
    dockHoldHint: "Press again to let go",
    dockWeight: "Strength",
    dockMute: "Do not react to lines",
    dockMuted: "Not reacting to lines",
    dockCopy: "Copy the overlay's address",
    dockReadOnly: "This token may only watch. To steer the face, the server's own token is needed.",
    pictureUnreadable: "This file cannot be opened as a picture. Use JPEG, PNG or WebP.",
    "error.queue_full": "Too much is waiting to be sent. Please try again in a moment.",
    "error.timeout": "The server did not answer in time.",
    "error.session_lost": "The server started over before it could answer. Please send it again.",
    "error.bad_message": "This page and the server do not understand each other. Please reload.",
    "error.unknown_protocol": "This page and the server have different versions. Please reload.",
    "error.event_gap": "Some news was missed while the connection was down.",
    "error.message_too_large": "That is too large to send.",
    "error.rate_limited": "That was too fast. Please slow down a little.",
    "error.unknown_character": "The server does not know this character.",
    "error.too_many_characters": "No more characters can be made.",
    "error.read_only": "This token may only watch.",
    "error.unknown_builtin": "The server does not have this built-in face.",
    "error.picture_format": "Only a single JPEG, PNG or WebP picture can be used.",
    "error.picture_too_large": "The picture is too large.",
    "error.picture_too_small": "The picture is too small.",
    "error.picture_broken": "The picture file is damaged or cut short.",
    "error.bad_sprites": "This ZIP is no set of pictures. Name them joy.png, anger.png and so on.",
    "error.line_empty": "There is nothing to read an emotion from.",
    "error.line_too_long": "The line is too long: at most {limit} characters.",
    "error.busy": "The server is busy. Please send it again in a moment.",
    "error.closing": "The server is shutting down.",
    "error.device": "The computing device failed on this one.",
    "error.engine": "The server failed on this one.",
    "error.unavailable": "This server does not offer that.",
    "error.service_failed": "Another service did not answer. Please try again in a moment.",
    "error.address_refused": "This address may not be visited.",
    "error.fetch_failed": "No picture could be had from this address.",
    "error.no_alpha": "A face without background cannot be seen as JPEG: use WebP or PNG.",
    "error.no_face": "No face was found on this page.",
    "error.no_text": "No writing could be read in the picture.",
    "error.too_many_connections": "Too many windows are connected with this token.",
    "error.session_taken": "Another window has taken over this conversation.",
    "error.auth_failed": "That token is not right.",
    "notice.several_faces": "There are several faces in the picture; the largest is used.",
    "notice.face_centred": "No face was found in the picture, so its middle is used.",
    "notice.line_cut": "The line was long; only its beginning was read.",
  },
});

/**
 * Add a page's own texts, by language.
 *
 * @param {Readonly<Record<"ko" | "en", Record<string, string>>>} texts
 */
export function extend(texts) {
  Object.assign(TEXTS.ko, texts.ko);
  Object.assign(TEXTS.en, texts.en);
}

/** Six lines to try, one for each emotion of the default set. */
export const EXAMPLES = Object.freeze([
  "드디어 우리 팀이 이겼다!! 너무 행복해 ㅋㅋㅋ",
  "진짜 열받네, 왜 자꾸 약속을 어기는 거야?",
  "내일 발표인데 너무 떨려… 망하면 어떡하지",
  "오늘 회의는 오후 세 시에 시작합니다",
  "오래 키운 강아지가 무지개다리를 건넜어 ㅠㅠ",
  "헐 대박 이게 진짜라고?? 깜짝 놀랐어!",
]);

/** @typedef {"ko" | "en"} Language */

/** @type {Language} */
let language = "en";

export const currentLanguage = () => language;

/** The stored choice, else what the browser prefers. @returns {Language} */
export function preferredLanguage() {
  const asked = new URLSearchParams(location.search).get("lang") ?? localStorage.getItem("emopic.lang");
  if (asked === "ko" || asked === "en") return asked;
  return navigator.language.toLowerCase().startsWith("ko") ? "ko" : "en";
}

/**
 * One text in the present language; a key that exists in neither is a mistake of ours and throws.
 *
 * @param {string} key
 * @param {Record<string, string | number>} [values]
 */
export function t(key, values = {}) {
  const text = /** @type {Record<string, string>} */ (TEXTS[language])[key];
  if (text === undefined) throw new Error(`no text for ${key} in ${language}`);
  return text.replace(/\{(\w+)\}/g, (whole, name) => String(values[name] ?? whole));
}

/** Whether there is a text of our own, for codes that come from a server. */
export const has = (/** @type {string} */ key) => Object.hasOwn(TEXTS[language], key);

/**
 * Switch, and translate everything under `root` that carries `data-t` (its text) or `data-t-NAME`
 * (its attribute NAME, for `label` `aria-label`).
 *
 * @param {Language} next
 * @param {Document | Element} [root]
 */
export function setLanguage(next, root = document) {
  language = next;
  document.documentElement.lang = next;
  for (const node of root.querySelectorAll("[data-t]")) {
    node.textContent = t(/** @type {HTMLElement} */ (node).dataset.t ?? "");
  }
  for (const [data, attribute] of [
    ["tLabel", "aria-label"], ["tTitle", "title"], ["tPlaceholder", "placeholder"],
  ]) {
    const selector = `[data-${data.replace(/[A-Z]/g, (c) => `-${c.toLowerCase()}`)}]`;
    for (const node of root.querySelectorAll(selector)) {
      node.setAttribute(attribute, t(/** @type {HTMLElement} */ (node).dataset[data] ?? ""));
    }
  }
}
