#include "lmtpclient/endpoint.h"
