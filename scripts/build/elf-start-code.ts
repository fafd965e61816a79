import { withoutProc } from "./without-proc.ts";

/**
 * Position-independent code for the entry point, by `e_machine`. It fills the record that src/capture/linux/start-record.ts
 * reads, and continues at Bun's first instruction with every register unchanged, except those that hold nothing at that
 * point (r11, rcx, the flags; x16). Two words precede `start`: its distance to the record at -16, and to Bun's first
 * instruction at -8.
 *
 * Without /proc the process becomes /bin/sh (see without-proc.ts). If the working directory has no path (it was deleted or
 * unmounted, or its path is longer than 4,095 bytes), Bun would print a line of its own and exit with 1. The code then
 * keeps a descriptor of the directory in the record and moves to /proc/self/fdinfo, where no relative path exists and none
 * can be created.
 *
 * GNU as assembled the bytes; check them with `objdump -D -b binary -m i386:x86-64 -M intel`, or `-m aarch64`.
 */
export const startCode: Readonly<Record<number, Uint8Array>> = {
  62: withTexts(`
    50              start: push rax
    53              push rbx
    51              push rcx
    52              push rdx                 ; what _start registers with atexit: psABI 3.4.1
    55              push rbp
    56              push rsi
    57              push rdi
    4152            push r10
    4154            push r12
    4155            push r13
    4883ec20        sub rsp, 32              ; a struct sigaction of the kernel, the handler first
    488d1de8ffffff  lea rbx, [rip + start]
    48031dd1ffffff  add rbx, [rip + start - 16]
    b82e010000      mov eax, 302             ; prlimit64(0, RLIMIT_NOFILE, NULL, record + 8)
    31ff            xor edi, edi
    be07000000      mov esi, 7
    31d2            xor edx, edx
    4c8d5308        lea r10, [rbx + 8]
    0f05            syscall
    4889c5          mov rbp, rax             ; stays 0 if no call fails
    41bc21000000    mov r12d, 33             ; all that the record has, down to 1
    4531ed          xor r13d, r13d           ; the ignored ones
    b80d000000      next: mov eax, 13        ; rt_sigaction(signal, NULL, rsp, 8)
    4489e7          mov edi, r12d
    31f6            xor esi, esi
    4889e2          mov rdx, rsp
    41ba08000000    mov r10d, 8
    0f05            syscall
    4809c5          or rbp, rax
    31c0            xor eax, eax
    48833c2401      cmp qword ptr [rsp], 1   ; SIG_IGN
    0f94c0          sete al
    4e8d2c68        lea r13, [rax + r13*2]
    41ffcc          dec r12d
    75d5            jnz next
    4c896b18        mov [rbx + 24], r13
    48ffc5          inc rbp
    48892b          mov [rbx], rbp           ; 1: complete
    b815000000      mov eax, 21              ; access("/proc/self/maps", R_OK), which Bun cannot start without
    488d3d0d010000  lea rdi, [rip + maps]
    be04000000      mov esi, 4
    0f05            syscall
    85c0            test eax, eax
    7461            jz there
    488b4c2470      mov rcx, [rsp + 112]     ; argc
    488d94cc80000000 lea rdx, [rsp + rcx*8 + 128]  ; the environment
    488d3dfe000000  lea rdi, [rip + sh]
    48897c2460      mov [rsp + 96], rdi      ; three words in front of our own: argc becomes one of them
    488d05fa000000  lea rax, [rip + dashc]
    4889442468      mov [rsp + 104], rax
    488d0545010000  lea rax, [rip + script]
    4889442470      mov [rsp + 112], rax
    488d742460      lea rsi, [rsp + 96]
    b83b000000      mov eax, 59              ; execve(sh, words, environment)
    0f05            syscall
    bf02000000      mov edi, 2
    488d35e8000000  lea rsi, [rip + noshell]
    ba40000000      mov edx, 64
    b801000000      mov eax, 1               ; write(2, noshell, 64)
    0f05            syscall
    bf7d000000      mov edi, 125
    b8e7000000      mov eax, 231             ; exit_group(125)
    0f05            syscall
    4881ec00100000  there: sub rsp, 4096
    b84f000000      mov eax, 79              ; getcwd(rsp, 4096): with a shorter one it would not say "(unreachable)"
    4889e7          mov rdi, rsp
    be00100000      mov esi, 4096
    0f05            syscall
    31c9            xor ecx, ecx
    4885c0          test rax, rax
    7e03            jle gone
    8a0c24          mov cl, [rsp]
    4881c400100000  gone: add rsp, 4096
    80f92f          cmp cl, 47               ; '/': Bun can start
    7453            je bun
    b802000000      mov eax, 2               ; open(".", O_PATH | O_DIRECTORY | O_CLOEXEC)
    488d3d84000000  lea rdi, [rip + dot]
    be00002900      mov esi, 0x290000
    0f05            syscall
    89c5            mov ebp, eax
    85c0            test eax, eax
    783a            js bun
    b848000000      mov eax, 72              ; fcntl(it, F_DUPFD_CLOEXEC, 3): not in the place of a closed standard stream
    89ef            mov edi, ebp
    be06040000      mov esi, 1030
    ba03000000      mov edx, 3
    0f05            syscall
    4989c4          mov r12, rax
    b803000000      mov eax, 3               ; close(it)
    89ef            mov edi, ebp
    0f05            syscall
    4d85e4          test r12, r12
    7816            js bun
    b850000000      mov eax, 80              ; chdir("/proc/self/fdinfo")
    488d3d49000000  lea rdi, [rip + fdinfo]
    0f05            syscall
    85c0            test eax, eax
    7504            jnz bun
    4c896320        mov [rbx + 32], r12
    4c8d1d8efeffff  bun: lea r11, [rip + start]
    4c031d7ffeffff  add r11, [rip + start - 8]
    4883c420        add rsp, 32
    415d            pop r13
    415c            pop r12
    415a            pop r10
    5f              pop rdi
    5e              pop rsi
    5d              pop rbp
    5a              pop rdx
    59              pop rcx
    5b              pop rbx
    58              pop rax
    41ffe3          jmp r11`),
  183: withTexts(`
    ffc301d1        start: sub sp, sp, #112
    e00700a9        stp x0, x1, [sp]         ; x0: what _start registers with atexit
    e20f01a9        stp x2, x3, [sp, #16]
    e82702a9        stp x8, x9, [sp, #32]
    ea2f03a9        stp x10, x11, [sp, #48]
    ec3704a9        stp x12, x13, [sp, #64]  ; at sp + 80 a struct sigaction of the kernel, the handler first
    49ffff10        adr x9, start
    adfeff58        ldr x13, start - 16
    29010d8b        add x9, x9, x13
    a82080d2        mov x8, #261             ; prlimit64(0, RLIMIT_NOFILE, NULL, record + 8)
    000080d2        mov x0, #0
    e10080d2        mov x1, #7
    020080d2        mov x2, #0
    23210091        add x3, x9, #8
    010000d4        svc #0
    ea0300aa        mov x10, x0              ; stays 0 if no call fails
    c81080d2        mov x8, #134
    2b0480d2        mov x11, #33             ; all that the record has, down to 1
    0c0080d2        mov x12, #0              ; the ignored ones
    e0030baa        next: mov x0, x11        ; rt_sigaction(signal, NULL, sp + 80, 8)
    010080d2        mov x1, #0
    e2430191        add x2, sp, #80
    030180d2        mov x3, #8
    010000d4        svc #0
    4a0100aa        orr x10, x10, x0
    ed2b40f9        ldr x13, [sp, #80]
    bf0500f1        cmp x13, #1              ; SIG_IGN
    ed179f9a        cset x13, eq
    ac050c8b        add x12, x13, x12, lsl #1
    6b0500f1        subs x11, x11, #1
    a1feff54        b.ne next
    2c0d00f9        str x12, [x9, #24]
    4a050091        add x10, x10, #1
    2a0100f9        str x10, [x9]            ; 1: complete
    080680d2        mov x8, #48              ; faccessat(AT_FDCWD, "/proc/self/maps", R_OK), which Bun cannot start without
    600c8092        mov x0, #-100
    61080010        adr x1, maps
    820080d2        mov x2, #4
    010000d4        svc #0
    800200b4        cbz x0, there
    e33b40f9        ldr x3, [sp, #112]       ; argc
    e2030291        add x2, sp, #128
    420c038b        add x2, x2, x3, lsl #3   ; the environment
    00080010        adr x0, sh
    23080010        adr x3, dashc
    e00f06a9        stp x0, x3, [sp, #96]    ; three words in front of our own: argc becomes one of them
    830a0070        adr x3, script
    e33b00f9        str x3, [sp, #112]
    e1830191        add x1, sp, #96
    a81b80d2        mov x8, #221             ; execve(sh, words, environment)
    010000d4        svc #0
    400080d2        mov x0, #2
    c1070070        adr x1, noshell
    020880d2        mov x2, #64
    080880d2        mov x8, #64              ; write(2, noshell, 64)
    010000d4        svc #0
    a00f80d2        mov x0, #125
    c80b80d2        mov x8, #94              ; exit_group(125)
    010000d4        svc #0
    ff0740d1        there: sub sp, sp, #1, lsl #12
    280280d2        mov x8, #17              ; getcwd(sp, 4096): with a shorter one it would not say "(unreachable)"
    e0030091        mov x0, sp
    010082d2        mov x1, #4096
    010000d4        svc #0
    0d0080d2        mov x13, #0
    1f0000f1        cmp x0, #0
    4d000054        b.le gone
    ed034039        ldrb w13, [sp]
    ff074091        gone: add sp, sp, #1, lsl #12
    bfbd00f1        cmp x13, #47             ; '/': Bun can start
    e0020054        b.eq bun
    080780d2        mov x8, #56              ; openat(AT_FDCWD, ".", O_PATH | O_DIRECTORY | O_CLOEXEC)
    600c8092        mov x0, #-100
    81040070        adr x1, dot
    020088d2        mov x2, #0x4000
    0205a0f2        movk x2, #0x28, lsl #16
    010000d4        svc #0
    eb0300aa        mov x11, x0
    e001f8b7        tbnz x0, #63, bun
    280380d2        mov x8, #25              ; fcntl(it, F_DUPFD_CLOEXEC, 3): not in the place of a closed standard stream
    c18080d2        mov x1, #1030
    620080d2        mov x2, #3
    010000d4        svc #0
    ec0300aa        mov x12, x0
    280780d2        mov x8, #57              ; close(it)
    e0030baa        mov x0, x11
    010000d4        svc #0
    cc00f8b7        tbnz x12, #63, bun
    280680d2        mov x8, #49              ; chdir("/proc/self/fdinfo")
    a0020030        adr x0, fdinfo
    010000d4        svc #0
    400000b5        cbnz x0, bun
    2c1100f9        str x12, [x9, #32]
    70f4ff10        bun: adr x16, start
    0df4ff58        ldr x13, start - 8
    10020d8b        add x16, x16, x13
    e00740a9        ldp x0, x1, [sp]
    e20f41a9        ldp x2, x3, [sp, #16]
    e82742a9        ldp x8, x9, [sp, #32]
    ea2f43a9        ldp x10, x11, [sp, #48]
    ec3744a9        ldp x12, x13, [sp, #64]
    ffc30191        add sp, sp, #112
    00021fd6        br x16`),
};

/** Appends the texts that the code refers to by these names. */
function withTexts(listing: string): Uint8Array {
  const maps = "/proc/self/maps\0";
  const sh = "/bin/sh\0";
  const dashc = "-c\0";
  const dot = ".\0";
  const fdinfo = "/proc/self/fdinfo\0";
  const noshell = "scenariolog: there is neither /proc nor /bin/sh".padEnd(63).concat("\n");
  return Buffer.concat([
    assembled(listing),
    Buffer.from(`${maps}${sh}${dashc}${dot}${fdinfo}${noshell}${withoutProc}\0`),
  ]);
}

function assembled(listing: string): Uint8Array {
  const hex = listing.trim().split("\n");
  return Uint8Array.fromHex(hex.map((line) => line.trim().split(" ", 1)[0]).join(""));
}
