"""Small data sets in the exact formats of the published ones; every line in them is made up."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from pathlib import Path

import pytest
from openpyxl import Workbook

# As AI Hub writes them: the fourth strength has no space, the others have.
SPEECH_HEADER = [
    *("wav_id", "발화문", "상황", "1번 감정", "1번 감정세기", "2번 감정", "2번 감정세기"),
    *("3번 감정", "3번 감정세기", "4번 감정", "4번감정세기", "5번 감정", "5번 감정세기"),
    *("나이", "성별"),
]
DIALOGUE_HEADER = [
    *(None, "연령", "성별", "상황키워드", "신체질환", "감정_대분류", "감정_소분류"),
    *("사람문장1", "시스템문장1", "사람문장2", "시스템문장2", "사람문장3", "시스템문장3"),
]
SINGLE_HEADER = ["Sentence", "Emotion", None, None, None, "공포", 5468]


def speech_row(
    number: int, text: str, votes: str, age: str = "27", sex: str = "female"
) -> list[str]:
    """A row of the speech data set; votes as `Happiness 2, Neutral 0, …`, five of them."""
    pairs = [vote.split() for vote in votes.split(",")]
    assert len(pairs) == 5
    cells = [cell for pair in pairs for cell in pair]
    return [f"5e{number:022x}", text, pairs[0][0].lower(), *cells, age, sex]


SPEECH = [
    speech_row(
        1, "합격했대, 나 진짜 합격했대!", "Happiness 2,happiness 1,Neutral 0,Surprise 1,Happiness 2"
    ),
    speech_row(
        2, "그걸 왜 네 마음대로 버려?", "angry 2,Anger 1,Sadness 1,angry 2,angry 1", "34", "male"
    ),
    speech_row(3, "밤에 혼자 가기 너무 무서워.", "Fear 2,fear 2,Fear 1,Neutral 0,Surprise 1"),
    speech_row(
        4, "세 시에 회의실에서 봬요.", "Neutral 0,Neutral 0,Neutral 0,happiness 1,Neutral 0"
    ),
    speech_row(
        5, "이제 정말 끝이구나.", "Sad 2,Sadness 2,Neutral 0,Neutral 0,Surprise 1", "51", "male"
    ),
    speech_row(6, "어머, 벌써 왔어?", "Surprise 1,Happiness 1,Surprise 1,Happiness 1,Neutral 0"),
    speech_row(7, "으, 벌레가 국에 빠졌어.", "Disgust 2,disgust 2,Disgust 1,Fear 1,Surprise 1"),
    speech_row(8, "세 시에 회의실에서  봬요.", "Neutral 0,Neutral 0,Neutral 0,Neutral 0,Neutral 0"),
    speech_row(10, "윽, 이게 무슨 냄새야.", "neutral 0,Disgust 2,neutral 0,Disgust 1,Anger 1"),
    speech_row(9, "어머, 벌써 왔어?", "angry 1,angry 1,angry 1,Neutral 0,Neutral 0"),
]
DIALOGUE = [
    [
        *(0, "청년", "여성", "진로", "해당없음", "분노", "노여워하는"),
        *("면접에서 또 반말을 들었어.", "속상하셨겠어요.", "응, 따질 걸 그랬어.", "그랬군요."),
    ],
    [
        *(1, "노년", "남성", "건강", "만성질환", "기쁨 ", "편안한"),
        *("무릎이 이제 안 아파.", "다행이에요.", "산책도 다녀왔어.", "좋네요."),
    ],
    [
        *(2, "중년", "여성", "직장", "해당없음", "당황", "혼란스러운"),
        *("부장님이 내 이름을 몰라.", "당황스러우셨겠어요.", None, None),
    ],
    [
        *(3, "청년", "남성", "연애", "해당없음", "상처", "배신당한"),
        *("친구가 내 비밀을 말했어.", "저런.", None, None),
    ],
]
SINGLE = [
    ["오늘 저녁은 내가 살게!", "행복", None, None, None, "놀람", 5898],
    ["방금 뒤에서 누가 불렀는데.", "공포"],
    ["버스가 십 분 뒤에 온대.", "중립"],
    ["쓰레기를 왜 여기에 둬.", "혐오"],
    [None, None, None, None, None, "슬픔", 5267],
    ["벌써 눈이 온다고?", "놀람"],
]
KOTE = (
    "101\t와 드디어 나왔네요 감사합니다!!\t4,28,42\n"
    '102\t"그 가게 ""또"" 문 닫음, 짜증나"\t0,22\n'
    "103\t3시부터 점검입니다\t24\n"
    "104\t헐 이게 뭐야\t33,39\n"
)
CHATBOT = '\ufeffQ,A,label\r\n오늘 뭐 먹지?,"국수, 어때요?",0\r\n연락이 끊겼어,기다려 봐요.,1\r\n'


def write_csv(path: Path, rows: Sequence[Sequence[str]], encoding: str) -> Path:
    """Write rows as spreadsheets export them."""
    with path.open("w", encoding=encoding, newline="") as file:
        csv.writer(file).writerows(rows)
    return path


def write_xlsx(path: Path, rows: Sequence[Sequence[object]]) -> Path:
    """Write rows to the first sheet."""
    book = Workbook()
    for row in rows:
        book.worksheets[0].append(row)
    book.save(path)
    return path


@pytest.fixture
def speech_csv(tmp_path: Path) -> Path:
    """`5차년도.csv` of the speech data set, in cp949."""
    return write_csv(tmp_path / "5차년도.csv", [SPEECH_HEADER, *SPEECH], "cp949")


@pytest.fixture
def dialogue_xlsx(tmp_path: Path) -> Path:
    """A part of the dialogue corpus."""
    return write_xlsx(tmp_path / "Training.xlsx", [DIALOGUE_HEADER, *DIALOGUE])


@pytest.fixture
def single_xlsx(tmp_path: Path) -> Path:
    """The data set of single sentences, with the counts that stand beside them."""
    return write_xlsx(tmp_path / "한국어_단발성_대화_데이터셋.xlsx", [SINGLE_HEADER, *SINGLE])


@pytest.fixture
def kote_tsv(tmp_path: Path) -> Path:
    """A part of KOTE."""
    path = tmp_path / "val.tsv"
    path.write_text(KOTE, encoding="utf-8")
    return path


@pytest.fixture
def chatbot_csv(tmp_path: Path) -> Path:
    """A part of Chatbot_data."""
    path = tmp_path / "ChatbotData.csv"
    path.write_bytes(CHATBOT.encode())
    return path
