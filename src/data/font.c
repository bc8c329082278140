/* SPDX-License-Identifier: MIT */
#include "data/font.h"

#include <string.h>

enum { CELL = 6 }; /* columns of the picture that one letter takes */

/* The letters as they look. Lines 0 to 6 stand on the base line, 7 and 8 hang below it. */
static const struct strip {
    const char *letters;
    const char *lines[UHN_FONT_HEIGHT];
} strips[] = {
    /* clang-format off */
    {"abcdefghijklm",
     {"      #               #         ##        #     #       #   #     #           ",
      "      #               #        #          #                 #     #           ",
      " ###  # ##   ###   ## #  ###  ####   #### # ##  #       #   #  #  #     ## #  ",
      "    # ##  # #     #  ## #   #  #    #   # ##  # #       #   # #   #     # # # ",
      " #### #   # #     #   # #####  #    #   # #   # #       #   ##    #     # # # ",
      "#   # #   # #     #   # #      #    #   # #   # #       #   # #   #     # # # ",
      " #### ####   ###   ####  ###   #     #### #   # #       #   #  #   #    # # # ",
      "                                        #               #                     ",
      "                                     ###              ##                      "}},
    {"nopqrstuvwxyz",
     {"                                     #                                        ",
      "                                     #                                        ",
      "# ##   ###  ####   #### # ##   ###  ####  #   # #   # #   # #   # #   # ####  ",
      "##  # #   # #   # #   # ##    #      #    #   # #   # #   #  # #  #   #    #  ",
      "#   # #   # #   # #   # #      ##    #    #   # #   # # # #   #   #   #  ##   ",
      "#   # #   # #   # #   # #        #   #    #  ##  # #  # # #  # #  #   # #     ",
      "#   #  ###  ####   #### #     ###     ##   ## #   #    # #  #   #  #### ####  ",
      "            #         #                                               #       ",
      "            #         #                                            ###        "}},
    {"ABCDEFGHIJKLM",
     {" ###  ####   ###  ####  ##### #####  ###  #   # ###     ### #   # #     #   # ",
      "#   # #   # #   # #   # #     #     #   # #   #  #       #  #  #  #     ## ## ",
      "#   # #   # #     #   # #     #     #     #   #  #       #  # #   #     # # # ",
      "##### ####  #     #   # ####  ####  # ### #####  #       #  ##    #     # # # ",
      "#   # #   # #     #   # #     #     #   # #   #  #       #  # #   #     #   # ",
      "#   # #   # #   # #   # #     #     #   # #   #  #    #  #  #  #  #     #   # ",
      "#   # ####   ###  ####  ##### #      ###  #   # ###    ##   #   # ####  #   # ",
      "                                                                              ",
      "                                                                              "}},
    {"NOPQRSTUVWXYZ",
     {"#   #  ###  ####   ###  ####   #### ##### #   # #   # #   # #   # #   # ##### ",
      "##  # #   # #   # #   # #   # #       #   #   # #   # #   # #   # #   #     # ",
      "# # # #   # #   # #   # #   # #       #   #   # #   # #   #  # #   # #     #  ",
      "#  ## #   # ####  #   # ####   ###    #   #   # #   # # # #   #     #     #   ",
      "#   # #   # #     # # # # #       #   #   #   # #   # # # #  # #    #    #    ",
      "#   # #   # #     #  #  #  #      #   #   #   #  # #  ## ## #   #   #   #     ",
      "#   #  ###  #      ## # #   # ####    #    ###    #   #   # #   #   #   ##### ",
      "                                                                              ",
      "                                                                              "}},
    {"0123456789.,:",
     {" ###   #     ###   ###     #  #####   ##  #####  ###   ###                    ",
      "#   # ##    #   # #   #   ##  #      #        # #   # #   #                   ",
      "#  ##  #        #     #  # #  ####  #        #  #   # #   #             #     ",
      "# # #  #       #    ##  #  #      # ####    #    ###   ####                   ",
      "##  #  #      #       # #####     # #   #   #   #   #     #                   ",
      "#   #  #     #    #   #    #  #   # #   #   #   #   #    #         #          ",
      " ###  ###   #####  ###     #   ###   ###    #    ###   ##   #      #    #     ",
      "                                                                  #           ",
      "                                                                              "}},
    {"-+=/%_?'()",
     {"                      # ##  #        ###  #      #    #                       ",
      "        #             # ##  #       #   # #     #      #                      ",
      "        #   ####     #     #            #       #      #                      ",
      "###   #####         #     #            #        #      #                      ",
      "        #   ####   #     #            #         #      #                      ",
      "        #         #     #  ##                   #      #                      ",
      "                  #     #  ##         #          #    #                       ",
      "                              ####                                            ",
      "                                                                              "}},
    /* clang-format on */
};

enum { BLANK = 3, BOX = 4 }; /* columns of a space, and of the frame that stands for a character without a picture */

/* The strip that has `character`, and its first column there; NULL: none has it. */
static const struct strip *find(char character, size_t *column)
{
    for (size_t i = 0; character && i < sizeof strips / sizeof strips[0]; i++) {
        const char *place = strchr(strips[i].letters, character);
        if (place) {
            *column = (size_t)(place - strips[i].letters) * CELL;
            return &strips[i];
        }
    }
    return NULL;
}

size_t uhn_font_advance(char character)
{
    size_t column, width = 1;
    const struct strip *strip = find(character, &column);
    if (!strip)
        return character == ' ' ? BLANK : BOX;
    for (size_t y = 0; y < UHN_FONT_HEIGHT; y++)
        for (size_t x = 0; x < CELL; x++)
            if (strip->lines[y][column + x] != ' ' && x + 1 > width)
                width = x + 1;
    return width;
}

bool uhn_font_ink(char character, size_t x, size_t y)
{
    size_t column;
    const struct strip *strip = find(character, &column);
    if (strip)
        return strip->lines[y][column + x] != ' ';
    return character != ' ' && y < 7 && (x == 0 || x == BOX - 1 || y == 0 || y == 6);
}

size_t uhn_font_width(const char *text, size_t length)
{
    size_t width = 0;
    for (size_t i = 0; i < length; i++)
        width += uhn_font_advance(text[i]) + (i ? UHN_FONT_GAP : 0);
    return width;
}
