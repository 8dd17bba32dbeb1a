# Writes generated/build_info.h: which surgetank this is and where its data lies.
# Runs in every build; touches the file only when its content changes.
set(commit unknown)
find_package(Git QUIET)
if(GIT_FOUND AND EXISTS ${SOURCE}/.git)
    execute_process(
        COMMAND ${GIT_EXECUTABLE} -C ${SOURCE}
                describe --always "--exclude=*" --abbrev=12 --dirty=+changes
        OUTPUT_VARIABLE described OUTPUT_STRIP_TRAILING_WHITESPACE
        RESULT_VARIABLE failed ERROR_QUIET)
    if(NOT failed)
        set(commit ${described})
    endif()
endif()
file(CONFIGURE OUTPUT ${OUTPUT} @ONLY CONTENT
[[/* build_info.h - written by the build: which surgetank this is and where its data lies. */
#ifndef SURGETANK_BUILD_INFO_H
#define SURGETANK_BUILD_INFO_H
#define ST_VERSION "@VERSION@"
#define ST_GIT_COMMIT "@commit@"
#define ST_DATA_DIR "@DATA_DIR@"                 /* in the source tree */
#define ST_INSTALL_DATA_DIR "@INSTALL_DATA_DIR@" /* after installation */
#endif
]])
