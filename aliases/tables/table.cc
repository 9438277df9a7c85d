#include "aliases/tables/table.h"
