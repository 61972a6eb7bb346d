"""Words of the shop: six ways to use home goods, which descriptions tell and pictures do not."""

from __future__ import annotations

USES: list[dict[str, str]] = [
    {
        "category": "Kitchen & Dining",
        "use": "baking bread|family breakfasts|farmhouse cooking|sourdough starters|Sunday roasts|jam making",
        "quality": "oven safe|dishwasher proof|food grade|stain resistant|heat retaining",
        "companion": "a rolling pin|cast iron pans|a butter dish|the spice rack|an apron|the pantry shelf",
        "person": "home bakers|hungry cooks|the family chef|soup lovers|recipe collectors",
        "detail": "the glaze keeps flour from sticking|the rim pours without drips|it moves from oven to table"
        "|it stacks in any cupboard",
    },
    {
        "category": "Camping & Travel",
        "use": "weekend hikes|road trips|campfire evenings|mountain huts|festival tents|sailing holidays",
        "quality": "waterproof|packable|featherweight|shockproof|rugged",
        "companion": "a sleeping bag|the rucksack|a head torch|trekking poles|a travel stove|your passport pouch",
        "person": "backpackers|campers|long distance hikers|van travellers|scouts",
        "detail": "the carabiner clips to any pack|it folds to the size of a fist|it dries overnight in a tent"
        "|it has survived the Pennine trail",
    },
    {
        "category": "Office & Study",
        "use": "long video calls|tidy desks|late night studying|spreadsheets and deadlines|drafting tables"
        "|library corners",
        "quality": "ergonomic|cable friendly|adjustable|non slip|whisper quiet",
        "companion": "a laptop stand|the keyboard|a fountain pen|filing trays|a second monitor|your notebook",
        "person": "remote workers|students|accountants|programmers|thesis writers",
        "detail": "the base hides charging cables|it fits beside a monitor|it reduces screen glare"
        "|it keeps papers and pencils sorted",
    },
    {
        "category": "Nursery & Kids",
        "use": "bedtime stories|nursery corners|toddler birthdays|playroom afternoons|baby showers|finger painting",
        "quality": "child safe|BPA free|washable|softly rounded|tear proof",
        "companion": "a teddy bear|the cot|building blocks|a night light|picture books|the changing table",
        "person": "new parents|toddlers|kindergarten teachers|grandparents|little explorers",
        "detail": "small hands can hold it|there are no sharp corners|crayon wipes off at once"
        "|it has passed every toy safety test",
    },
    {
        "category": "Bath & Wellness",
        "use": "slow evening baths|yoga mornings|home spa days|meditation breaks|aromatherapy|skincare rituals",
        "quality": "soothing|humidity proof|hypoallergenic|lavender scented|quick drying",
        "companion": "bath salts|a massage oil|rolled towels|scented candles|a yoga mat|essential oils",
        "person": "spa lovers|tired muscles|yoga teachers|light sleepers|skincare fans",
        "detail": "steam never harms the finish|it brings calm to any bathroom|it keeps soaps and lotions dry"
        "|it invites deep breathing",
    },
    {
        "category": "Garden & Balcony",
        "use": "herb growing|balcony dinners|greenhouse shelves|seed starting|patio parties|watering rounds",
        "quality": "frost proof|UV stable|rustproof|self draining|weathered",
        "companion": "a watering can|terracotta pots|pruning shears|tomato seedlings|a bird feeder|the potting bench",
        "person": "gardeners|balcony growers|plant parents|beekeepers|allotment neighbours",
        "detail": "drainage keeps roots healthy|it stays out through winter|moss and soil rinse away"
        "|it shelters young basil from wind",
    },
]

FEATURES = [
    "{quality} finish for {use}",
    "Made with {person} in mind",
    "Goes well with {companion}",
    "Ideal for {use}",
    "{detail}",
    "{quality} and {quality2}",
]

SENTENCES = [
    "Designed for {use} and loved by {person}.",
    "{detail}, so {use} stay a pleasure.",
    "Place it next to {companion} and enjoy {use}.",
    "A {quality} companion to {companion}.",
    "{person} praise it because {detail}.",
    "Equally suited to {use} and {use2}.",
    "It is {quality}, {quality2} and made to last.",
]

TITLES = [
    "{brand} {kind} for {use}, {quality}, {size}",
    "{brand} {series} {kind} - {quality}, for {person}",
    "{brand} {quality} {kind} for {use}, set of {count}",
    "{brand} {series} {quality} {kind}, {size}",
]

NEUTRAL = {
    "brand": "Alderway|Brightmoor|Casa Lund|Dovetail & Co|Elmhurst|Fennick|Greyfold|Hearthline|Inverlea"
    "|Juniper Row|Kestrel|Larkhill",
    "series": "Classic|Nova|Heritage|Aria|Linea|Studio|Maple|Solstice|Nordic|Avalon",
    "size": "small|medium|large|12 oz|16 inch|40 cm|20 x 30 cm|extra large",
    "count": "2|3|4|6",
}

REVIEW = {
    "aspect": "quality|finish|packaging|delivery|size|stitching|material|price|colour in daylight|weight|design"
    "|workmanship|instructions|smell",
    "event": "Bought this|Ordered it|Received it as a gift|Replaced our old one|Picked it up on sale|Unpacked it",
}
