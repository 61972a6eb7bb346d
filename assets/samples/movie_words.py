"""Words of the films: six kinds of story, each with its own people, places and troubles."""

from __future__ import annotations

STORIES: list[dict[str, str]] = [
    {
        "genres": "Crime|Thriller|Film-Noir",
        "role": "a retired safecracker|a crooked detective|a veteran thief|a nervous getaway driver|a mob accountant"
        "|a card sharp|a disgraced prosecutor|a smuggler with a grudge",
        "place": "a casino vault|the docks at midnight|a pawnshop on Ninth Street|a guarded bank|the county jail"
        "|a back-room poker game",
        "object": "a stolen diamond|a marked ledger|a suitcase of counterfeit money|the blueprint of the bank"
        "|a loaded revolver|a wiretap recording",
        "deed": "pull off one last heist|double-cross the syndicate|launder the ransom|outwit the police"
        "|crack the safe|frame the kingpin",
        "threat": "the syndicate collects its debt|the alibi falls apart|the informant talks"
        "|the getaway car vanishes|the detective closes in",
        "adjective": "Crooked|Marked|Stolen|Loaded|Counterfeit|Wanted|Double|Silent",
        "noun": "Vault|Alibi|Heist|Diamond|Getaway|Informant|Racket|Ransom",
    },
    {
        "genres": "Sci-Fi|Adventure|Action",
        "role": "a starship captain|an android pilot|a lone astronaut|a colony engineer|a rogue astronomer"
        "|a clone navigator"
        "|a cryogenics officer|an alien envoy",
        "place": "a mining station on Titan|the orbit of a dying planet|a domed Martian colony"
        "|a drifting starship|the edge of the galaxy"
        "|a lunar laboratory",
        "object": "an alien signal|a fractured warp reactor|a frozen escape pod|a forbidden star chart"
        "|an ancient satellite|a sentient computer",
        "deed": "repair the hyperdrive|reach the wormhole|decode the transmission|terraform the moon"
        "|land the shuttle|outrun the asteroid swarm",
        "threat": "the oxygen runs out|the star collapses|the robots rebel|gravity fails on every deck"
        "|the alien fleet arrives",
        "adjective": "Orbital|Galactic|Frozen|Stellar|Binary|Outer|Lunar|Distant",
        "noun": "Orbit|Nebula|Comet|Starship|Eclipse|Colony|Andromeda|Horizon",
    },
    {
        "genres": "Romance|Comedy|Musical",
        "role": "a shy florist|a hopeless matchmaker|a runaway bride|a charming pianist|a divorced baker"
        "|a wedding planner"
        "|a lovesick poet|a dance teacher",
        "place": "a seaside chapel|a Parisian dance hall|a candlelit restaurant|a honeymoon hotel"
        "|a flower market|a summer garden party",
        "object": "an unsent love letter|an engagement ring|a forgotten waltz|a bouquet from a stranger"
        "|a wedding invitation|a photograph of a first kiss",
        "deed": "fall in love again|win back an old sweetheart|stop the wedding|learn to tango"
        "|propose under the fireworks|mend a broken heart",
        "threat": "the wedding bells ring|a jealous fiancé appears|the last train leaves for Paris"
        "|summer love fades|the secret romance is discovered",
        "adjective": "Tender|Sweet|Blushing|Moonlit|Darling|Beloved|Lovelorn|Charming",
        "noun": "Waltz|Bride|Kiss|Sweetheart|Valentine|Serenade|Honeymoon|Heart",
    },
    {
        "genres": "War|Drama|Western",
        "role": "a wounded sergeant|a young conscript|a field nurse|a stubborn general|a captured paratrooper"
        "|a resistance courier"
        "|a tank commander|an army chaplain",
        "place": "the trenches|a besieged garrison|an occupied village|a bombed airfield|the eastern front"
        "|a prisoner camp",
        "object": "a coded dispatch|a torn regimental flag|a minefield map|a radio behind enemy lines"
        "|a deserter's rifle|a shipment of ammunition",
        "deed": "hold the bridge|rescue the platoon|cross the front line|sabotage the railway|survive the siege"
        "|carry the orders to headquarters",
        "threat": "the artillery opens fire|the battalion is ambushed|the armistice is broken"
        "|the enemy offensive begins|the regiment is surrounded",
        "adjective": "Fallen|Brave|Iron|Besieged|Last|Burning|Valiant|Scarlet",
        "noun": "Regiment|Trench|Battalion|Bugle|Sergeant|Armistice|Front|Brigade",
    },
    {
        "genres": "Horror|Mystery|Fantasy",
        "role": "a skeptical medium|a haunted governess|a gravedigger|an exorcist|a sleepless widow|an occult scholar"
        "|a cursed heir|a village priest",
        "place": "an abandoned asylum|a haunted manor|the crypt beneath the abbey|a foggy graveyard"
        "|a locked attic|a cellar full of whispers",
        "object": "a cursed mirror|a bleeding portrait|a witch's diary|a coffin without a name|a possessed doll"
        "|a skull in the well",
        "deed": "break the curse|banish the demon|hold a séance|bury the dead twice|unmask the phantom"
        "|survive until dawn",
        "threat": "the ghosts awaken|the dead begin to whisper|the vampire rises|a shadow crawls from the crypt"
        "|the demon demands a sacrifice",
        "adjective": "Haunted|Cursed|Hollow|Undead|Whispering|Bleeding|Sleepless|Unholy",
        "noun": "Crypt|Phantom|Witch|Séance|Curse|Coffin|Demon|Graveyard",
    },
    {
        "genres": "Children's|Animation|Comedy",
        "role": "a talking puppy|a clumsy penguin|a brave little mouse|a lonely circus elephant"
        "|a boy with a pet dragon|a runaway pony"
        "|a grumpy hedgehog|a curious kitten",
        "place": "a magical toyshop|the old oak forest|a noisy farmyard|a summer camp by the lake|the city zoo"
        "|a school for young wizards",
        "object": "a treasure map in crayon|a box of lost toys|a golden acorn|an enormous birthday cake"
        "|a flying bicycle|a jar of fireflies",
        "deed": "find the way home|save the school fair|win the sled race|rescue the ducklings"
        "|make friends with the bully|rebuild the treehouse",
        "threat": "the zookeeper comes back|the toys come to life|bedtime arrives|the circus leaves town"
        "|the farm is sold",
        "adjective": "Little|Giggling|Clumsy|Magic|Furry|Jolly|Tiny|Playful",
        "noun": "Puppy|Toyshop|Penguin|Treehouse|Hedgehog|Acorn|Pony|Balloon",
    },
]

SENTENCES = [
    "When {role} finds {object} in {place}, everything changes.",
    "{role} and {role2} have one night to {deed} before {threat}.",
    "In {place}, {role} is asked to {deed}.",
    "Nobody believes {role}, until {threat}.",
    "{role} hides {object} from {role2} and sets out to {deed}.",
    "All that stands between {role} and {place} is {object}.",
    "As {threat}, {role} returns to {place}.",
    "To {deed}, {role} needs {object} and the help of {role2}.",
    "Years after leaving {place}, {role} learns that {object} is missing.",
    "It begins with {object} and ends when {threat}.",
]

TITLES = [
    "The {adjective} {noun}",
    "{adjective} {noun}",
    "The {noun} of {place_name}",
    "{noun} and {noun2}",
    "{first}'s {noun}",
    "A {noun} in {season}",
    "The {adjective} {noun} of {place_name}",
    "{season} {noun}",
    "{first} and the {adjective} {noun}",
    "Return of the {noun}",
    "No {noun} for {first}",
    "{place_name} {noun}",
]

NEUTRAL = {
    "place_name": "Harlow|Verona|Marseille|Saint Claire|Port Ellis|Kilmore|Lisbon|Monterey|Ashford|Trieste"
    "|Vermont|Cairo",
    "season": "Winter|September|Autumn|July|April|October|Midsummer",
    "first": "Clara|Victor|Amélie|Henry|Josephine|Oscar|Irene|Leo|Martha|Nora|Samuel|Théo",
}
