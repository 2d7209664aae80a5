#include "cli/commands.h"

int main(int argc, char** argv) {
    return usher::cli::run(argc, argv);
}
