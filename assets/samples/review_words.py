"""Words of reviews: four moods, with {thing}, {aspect} and {event} given by the shop or the town."""

from __future__ import annotations

MOOD_WORDS = {
    "superb": "fantastic|superb|outstanding|wonderful|perfect|excellent|gorgeous|amazing|brilliant",
    "fine": "good|nice|pleasant|solid|decent|lovely|reliable|enjoyable",
    "poor": "disappointing|mediocre|underwhelming|overpriced|bland|flimsy|careless|dull",
    "dreadful": "terrible|awful|horrible|dreadful|disgusting|appalling|useless|miserable",
    "who": "my sister|my husband|my neighbour|my daughter|a colleague|my flatmate|an old friend|my mother"
    "|the whole family",
    "when": "last week|in March|for my birthday|on a rainy Sunday|after a long search|twice this year"
    "|over the holidays|on a whim",
}

SENTENCES = {
    "great": [
        "Absolutely {superb} {thing}, I love it.",
        "The {aspect} is {superb}, and {who} agrees.",
        "Could not be happier with the {aspect}.",
        "Best {thing} I have come across, simply {superb}.",
        "{who} was delighted with the {aspect}; highly recommended.",
        "Every part of it is {superb}, above all the {aspect}.",
        "I would give ten stars for the {aspect} alone.",
    ],
    "good": [
        "A {fine} {thing} overall.",
        "The {aspect} is {fine} and worth the money.",
        "{who} liked the {aspect} a lot.",
        "I am happy with the {aspect}.",
        "Pleased with this {thing}, would recommend it.",
        "The {aspect} turned out {fine}.",
        "Glad that I tried it, the {aspect} is {fine}.",
    ],
    "bad": [
        "The {aspect} is {poor}.",
        "I expected more from this {thing}.",
        "{who} was not impressed by the {aspect}.",
        "Sadly the {aspect} is {poor} for the price.",
        "A {poor} {thing}, I would not choose it again.",
        "The {aspect} let us down.",
        "Not worth it, the {aspect} feels {poor}.",
    ],
    "awful": [
        "Absolutely {dreadful} {thing}, avoid it.",
        "The {aspect} is {dreadful}, a waste of money.",
        "Worst {thing} that {who} has ever seen.",
        "I regret it already: {dreadful} {aspect}.",
        "{who} wants the money back, the {aspect} is {dreadful}.",
        "Never again, everything about the {aspect} was {dreadful}.",
    ],
}

NEUTRAL = [
    "{event} {when}.",
    "{event} {when} with {who}.",
    "{event} after {who} had told me about it.",
    "{event} for the third time.",
    "{event}, as {who} does every year.",
]

HEADLINES = {
    1: ["Avoid", "Terrible", "Waste of money", "Never again", "Awful quality", "One star is too many"],
    2: ["Disappointing", "Not for me", "Expected more", "Below average", "Would not buy again"],
    3: ["It is okay", "Mixed feelings", "Average", "Some good, some bad", "Middle of the road"],
    4: ["Good value", "Very nice", "Happy with it", "Solid choice", "Pleased"],
    5: ["Love it", "Perfect", "Excellent", "Highly recommended", "Could not be better", "Five stars"],
}
