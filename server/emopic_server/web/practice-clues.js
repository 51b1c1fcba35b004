/**
 * What to look at in each emotion: brows, eyes and mouth, as our faces show them.
 *
 * `moves` names the face actions behind the words (ARKit's names, without sides); a test holds them
 * against the table that faces are drawn by. Words never name the emotion, so that they may also
 * describe a face whose emotion is still to be named.
 */

/** @typedef {{ko: string, en: string, moves: string[]}} Clue */
/** @type {Readonly<Record<string, Record<"brows" | "eyes" | "mouth", Clue>>>} */
export const CLUES = Object.freeze({
  joy: {
    brows: {
      ko: "거의 그대로예요. 바깥쪽 끝만 조금 올라가요.",
      en: "Almost at rest; only the outer ends rise a little.",
      moves: ["browOuterUp"],
    },
    eyes: {
      ko: "볼이 올라와 아래 눈꺼풀을 밀고, 눈이 가늘어져요.",
      en: "The cheeks rise, push up the lower lids, and the eyes narrow.",
      moves: ["cheekSquint", "eyeSquint"],
    },
    mouth: {
      ko: "입꼬리가 위와 옆으로 올라가요. 윗입술이 들려 윗니가 보이기도 해요.",
      en: "The corners go up and outwards. The upper lip lifts, and upper teeth may show.",
      moves: ["mouthSmile", "mouthDimple", "mouthUpperUp", "jawOpen"],
    },
  },
  anger: {
    brows: {
      ko: "세게 내려와 눈에 가까워져요. 코에는 주름이 져요.",
      en: "Pulled down hard, close to the eyes. The nose wrinkles.",
      moves: ["browDown", "noseSneer"],
    },
    eyes: {
      ko: "낮은 눈썹 아래에서 부릅뜬 듯 노려봐요.",
      en: "Held open: a stare from under low brows.",
      moves: ["eyeWide"],
    },
    mouth: {
      ko: "입술이 위아래로 벌어져 이가 드러나고, 옆으로 당겨져요.",
      en: "The lips draw apart and bare the teeth, pulled to the sides.",
      moves: ["mouthUpperUp", "mouthLowerDown", "mouthStretch", "jawOpen"],
    },
  },
  anxiety: {
    brows: {
      ko: "안쪽 끝이 올라가 비스듬해져요. 바깥쪽 끝은 거의 그대로예요.",
      en: "The inner ends go up, so the brows slant. The outer ends hardly move.",
      moves: ["browInnerUp", "browOuterUp"],
    },
    eyes: {
      ko: "크게 떠져 흰자위가 더 보여요.",
      en: "Wide open, with more of the white to be seen.",
      moves: ["eyeWide"],
    },
    mouth: {
      ko: "양옆으로 길게 당겨져요. 아랫입술이 내려가며 조금 벌어져요.",
      en: "Stretched to both sides. The lower lip goes down and the lips part.",
      moves: ["mouthStretch", "mouthLowerDown", "mouthUpperUp", "jawOpen"],
    },
  },
  neutral: {
    brows: { ko: "쉬고 있어요.", en: "At rest.", moves: [] },
    eyes: { ko: "편하게 떠 있어요.", en: "Open as usual.", moves: [] },
    mouth: { ko: "다물려 있고, 입꼬리는 움직이지 않아요.", en: "Closed; the corners do not move.", moves: [] },
  },
  sadness: {
    brows: {
      ko: "안쪽 끝이 가파르게 올라가고, 나머지는 조금 내려와요.",
      en: "The inner ends rise steeply; the rest comes down a little.",
      moves: ["browInnerUp", "browDown"],
    },
    eyes: {
      ko: "눈꺼풀이 내려와 눈이 작아져요.",
      en: "The lids sink, and the eyes grow small.",
      moves: ["eyeBlink", "cheekSquint"],
    },
    mouth: {
      ko: "다문 채 입꼬리가 내려가고, 아랫입술이 밀려 올라와요.",
      en: "Closed, the corners down; the lower lip is pushed up.",
      moves: ["mouthFrown", "mouthShrugLower", "mouthStretch"],
    },
  },
  surprise: {
    brows: {
      ko: "통째로 높이, 둥글게 올라가요.",
      en: "Raised high as a whole, in an arch.",
      moves: ["browInnerUp", "browOuterUp"],
    },
    eyes: {
      ko: "동그랗게, 크게 떠져요.",
      en: "Round and wide open.",
      moves: ["eyeWide"],
    },
    mouth: {
      ko: "턱이 내려가 위아래로 둥글게 벌어져요.",
      en: "The jaw drops, and the mouth opens tall and round.",
      moves: ["jawOpen", "mouthFunnel"],
    },
  },
});

/** What tells two emotions apart; the key is both ids in the alphabet's order. */
const APART = /** @type {Readonly<Record<string, {ko: string, en: string}>>} */ (Object.freeze({
  "anger joy": {
    ko: "둘 다 이가 보일 수 있어요. 입꼬리를 보세요: 기쁨은 올라가요. 눈썹을 보세요: 분노는 내려와요.",
    en: "Both may show teeth. Look at the mouth's corners: joy lifts them. Look at the brows: anger pulls them down.",
  },
  "anger anxiety": {
    ko: "둘 다 입술이 벌어지고 옆으로 당겨져요. 눈썹을 보세요: 분노는 내려오고, 불안은 안쪽 끝이 올라가요.",
    en: "Both part the lips and pull them sideways. Look at the brows: down in anger, inner ends up in anxiety.",
  },
  "anger neutral": {
    ko: "약한 분노는 윗입술이 먼저 들리고 눈썹이 눈 쪽으로 조금 내려와요.",
    en: "Faint anger first lifts the upper lip, and the brows come a little nearer to the eyes.",
  },
  "anger sadness": {
    ko: "눈썹을 보세요: 분노는 내려오고, 슬픔은 안쪽 끝이 올라가요. 슬픔은 입을 다물고 있어요.",
    en: "Look at the brows: down in anger, inner ends up in sadness. Sadness keeps the mouth closed.",
  },
  "anger surprise": {
    ko: "둘 다 입이 벌어져요. 눈썹을 보세요: 분노는 내려오고, 놀람은 통째로 올라가요.",
    en: "Both open the mouth. Look at the brows: down in anger, raised as a whole in surprise.",
  },
  "anxiety joy": {
    ko: "둘 다 입이 옆으로 넓어져요. 눈을 보세요: 불안은 커지고, 기쁨은 가늘어져요. 기쁨만 입꼬리가 올라가요.",
    en: "Both widen the mouth. Look at the eyes: wide in anxiety, narrow in joy. Only joy lifts the corners.",
  },
  "anxiety neutral": {
    ko: "약한 불안은 입이 옆으로 조금 넓어지며 벌어지고, 눈이 커져요.",
    en: "Faint anxiety widens and parts the lips a little, and the eyes grow larger.",
  },
  "anxiety sadness": {
    ko: "둘 다 눈썹 안쪽이 올라가요. 눈을 보세요: 불안은 커지고, 슬픔은 눈꺼풀이 내려와요. 슬픔은 입꼬리도 내려가요.",
    en: "Both raise the inner brows. Look at the eyes: wide in anxiety, lids low in sadness. Sadness turns the corners down.",
  },
  "anxiety surprise": {
    ko: "둘 다 눈이 커져요. 입을 보세요: 불안은 옆으로, 놀람은 위아래로 벌어져요. 놀람은 눈썹이 통째로 올라가요.",
    en: "Both widen the eyes. Look at the mouth: sideways in anxiety, tall in surprise. Surprise raises the whole brow.",
  },
  "joy neutral": {
    ko: "약한 기쁨은 입꼬리에서 먼저 보여요.",
    en: "Faint joy shows first at the corners of the mouth.",
  },
  "joy sadness": {
    ko: "입꼬리를 보세요: 기쁨은 위로, 슬픔은 아래로 가요.",
    en: "Look at the mouth's corners: up in joy, down in sadness.",
  },
  "joy surprise": {
    ko: "눈을 보세요: 기쁨은 가늘어지고, 놀람은 커져요. 입은 기쁨이 옆으로, 놀람이 위아래로 가요.",
    en: "Look at the eyes: narrow in joy, wide in surprise. The mouth goes sideways in joy, and opens tall in surprise.",
  },
  "neutral sadness": {
    ko: "약한 슬픔은 눈썹 안쪽과 조금 내려온 눈꺼풀에서 먼저 보여요.",
    en: "Faint sadness shows first at the inner brows and in lids that sink a little.",
  },
  "neutral surprise": {
    ko: "약한 놀람은 입이 조금 벌어지고 눈썹이 올라가요.",
    en: "Faint surprise parts the lips and raises the brows a little.",
  },
  "sadness surprise": {
    ko: "눈을 보세요: 슬픔은 작아지고, 놀람은 커져요. 입은 슬픔이 다물고, 놀람이 벌려요.",
    en: "Look at the eyes: small in sadness, wide in surprise. Sadness closes the mouth, surprise opens it.",
  },
}));

/** The pairs that `apart` knows, each as two ids. */
export const PAIRS = Object.freeze(Object.keys(APART).map((key) => key.split(" ")));

/**
 * What tells one emotion from another, or null where nobody has written it down.
 *
 * @param {string} one @param {string} other @param {"ko" | "en"} language
 */
export function apart(one, other, language) {
  return APART[[one, other].sort().join(" ")]?.[language] ?? null;
}
