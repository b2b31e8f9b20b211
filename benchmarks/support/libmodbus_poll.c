/* The physical limit: libmodbus, one connection and one request per device and second, nothing kept or sent on.
 * Arguments: registers per request, then the ports. */

#include <errno.h>
#include <modbus.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static void wait_until(struct timespec at)
{
    while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &at, NULL) != 0) {
    }
}

int main(int argc, char **argv)
{
    int registers = atoi(argv[1]), devices = argc - 2;
    modbus_t **links = calloc((size_t) devices, sizeof *links);
    uint16_t words[125];
    struct timespec due;

    for (int n = 0; n < devices; n++) {
        links[n] = modbus_new_tcp("127.0.0.1", atoi(argv[n + 2]));
        if (links[n] == NULL || modbus_set_slave(links[n], 1) != 0 || modbus_connect(links[n]) != 0) {
            fprintf(stderr, "port %s does not answer\n", argv[n + 2]);
            return 1;
        }
    }
    clock_gettime(CLOCK_MONOTONIC, &due);
    for (;;) {
        for (int n = 0; n < devices; n++) {
            if (modbus_read_registers(links[n], 0, registers, words) != registers) {
                fprintf(stderr, "wrong reply: %s\n", modbus_strerror(errno));
                return 1;
            }
        }
        due.tv_sec += 1;
        wait_until(due);
    }
}
