/**
 * Published AES-256-GCM vectors with a 96-bit nonce and a 128-bit tag. Test data: not exported.
 *
 * - `gcm-spec`: "The Galois/Counter Mode of Operation", appendix B, cases 13 to 16, as submitted to
 *   NIST.
 * - `nist-cavp`: CAVP `gcmEncryptExtIV256.rsp`, Keylen 256, IVlen 96, PTlen 128, AADlen 0, Count 0.
 * - `wycheproof`: project Wycheproof, `aes_gcm_test.json` (v1), by tcId.
 */
export interface AesGcmVector {
  readonly name: string;
  readonly key: string;
  readonly iv: string;
  readonly aad: string;
  readonly msg: string;
  readonly ct: string;
  readonly tag: string;
}

const ZERO_KEY = "00".repeat(32);
const ZERO_IV = "00".repeat(12);
const SPEC_KEY = "feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308";
const SPEC_IV = "cafebabefacedbaddecaf888";
const SPEC_MSG = "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a72" +
  "1c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b391aafd255";
const SPEC_CT = "522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa" +
  "8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0abcc9f662898015ad";
const SPECIAL_KEY = "00112233445566778899aabbccddeeff102132435465768798a9bacbdcedfe0f";
const MODIFIED_KEY = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f";

export const VALID_VECTORS: readonly AesGcmVector[] = [
  {
    name: "gcm-spec 13",
    key: ZERO_KEY,
    iv: ZERO_IV,
    aad: "",
    msg: "",
    ct: "",
    tag: "530f8afbc74536b9a963b4f1c4cb738b",
  },
  {
    name: "gcm-spec 14",
    key: ZERO_KEY,
    iv: ZERO_IV,
    aad: "",
    msg: "00".repeat(16),
    ct: "cea7403d4d606b6e074ec5d3baf39d18",
    tag: "d0d1c8a799996bf0265b98b5d48ab919",
  },
  {
    name: "gcm-spec 15",
    key: SPEC_KEY,
    iv: SPEC_IV,
    aad: "",
    msg: SPEC_MSG,
    ct: SPEC_CT,
    tag: "b094dac5d93471bdec1a502270e3cc6c",
  },
  {
    name: "gcm-spec 16",
    key: SPEC_KEY,
    iv: SPEC_IV,
    aad: "feedfacedeadbeeffeedfacedeadbeefabaddad2",
    msg: SPEC_MSG.slice(0, 120),
    ct: SPEC_CT.slice(0, 120),
    tag: "76fc6ece0f4e1768cddf8853bb2d551b",
  },
  {
    name: "nist-cavp 0",
    key: "31bdadd96698c204aa9ce1448ea94ae1fb4a9a0b3c9d773b51bb1822666b8f22",
    iv: "0d18e06c7c725ac9e362e1ce",
    aad: "",
    msg: "2db5168e932556f8089a0622981d017d",
    ct: "fa4362189661d163fcd6a56d8bf0405a",
    tag: "d636ac1bbedd5cc3ee727dc2ab4a9489",
  },
  {
    name: "wycheproof 98",
    key: "3b2458d8176e1621c0cc24c0c0e24c1e80d72f7ee9149a4b166176629616d011",
    iv: "45aaa3e5d16d2d42dc03445d",
    aad: "",
    msg: "3ff1514b1c503915918f0c0c31094a6e1f",
    ct: "73a6b6f45f6ccc5131e07f2caa1f2e2f56",
    tag: "2d7379ec1db5952d4e95d30c340b1b1d",
  },
  {
    name: "wycheproof 99",
    key: "0212a8de5007ed87b33f1a7090b6114f9e08cefd9607f2c276bdcfdbc5ce9cd7",
    iv: "e6b1adf2fd58a8762c65f31b",
    aad: "",
    msg: "10f1ecf9c60584665d9ae5efe279e7f7377eea6916d2b111",
    ct: "0843fff52d934fc7a071ea62c0bd351ce85678cde3ea2c9e",
    tag: "7355fde599006715053813ce696237a8",
  },
  {
    name: "wycheproof 100",
    key: "b279f57e19c8f53f2f963f5f2519fdb7c1779be2ca2b3ae8e1128b7d6c627fc4",
    iv: "98bc2c7438d5cd7665d76f6e",
    aad: "c0",
    msg: "fcc515b294408c8645c9183e3f4ecee5127846d1",
    ct: "eb5500e3825952866d911253f8de860c00831c81",
    tag: "ecb660e1fb0541ec41e8d68a64141b3a",
  },
  {
    name: "wycheproof 101",
    key: "cdccfe3f46d782ef47df4e72f0c02d9c7f774def970d23486f11a57f54247f17",
    iv: "376187894605a8d45e30de51",
    aad: "956846a209e087ed",
    msg: "e28e0e9f9d22463ac0e42639b530f42102fded75",
    ct: "feca44952447015b5df1f456df8ca4bb4eee2ce2",
    tag: "082e91924deeb77880e1b1c84f9b8d30",
  },
  {
    name: "wycheproof 102",
    key: "f32364b1d339d82e4f132d8f4a0ec1ff7e746517fa07ef1a7f422f4e25a48194",
    iv: "5a86a50a0e8a179c734b996d",
    aad: "ab2ac7c44c60bdf8228c7884adb20184",
    msg: "43891bccb522b1e72a6b53cf31c074e9d6c2df8e",
    ct: "43dda832e942e286da314daa99bef5071d9d2c78",
    tag: "c3922583476ced575404ddb85dd8cd44",
  },
  {
    name: "wycheproof 103",
    key: "ff0089ee870a4a39f645b0a5da774f7a5911e9696fc9cad646452c2aa8595a12",
    iv: "bc2a7757d0ce2d8b1f14ccd9",
    aad: "972ab4e06390caae8f99dd6e2187be6c7ff2c08a24be16ef",
    msg: "748b28031621d95ee61812b4b4f47d04c6fc2ff3",
    ct: "a929ee7e67c7a2f91bbcec6389a3caf43ab49305",
    tag: "ebec6774b955e789591c822dab739e12",
  },
  {
    name: "wycheproof 128, a tag of ones",
    key: SPECIAL_KEY,
    iv: ZERO_IV,
    aad: "",
    msg: "561008fa07a68f5c61285cd013464eaf",
    ct: "23293e9b07ca7d1b0cae7cc489a973b3",
    tag: "ff".repeat(16),
  },
  {
    name: "wycheproof 129, a tag of zeros",
    key: SPECIAL_KEY,
    iv: "ff".repeat(12),
    aad: "",
    msg: "c6152244cea1978d3e0bc274cf8c0b3b",
    ct: "7cb6fc7c6abc009efe9551a99f36a421",
    tag: "00".repeat(16),
  },
];

/** Wycheproof "ModifiedTag": one message, whose right tag is here. */
export const MODIFIED_TAG_BASE: AesGcmVector = {
  name: "wycheproof ModifiedTag, unmodified",
  key: MODIFIED_KEY,
  iv: "505152535455565758595a5b",
  aad: "",
  msg: "202122232425262728292a2b2c2d2e2f",
  ct: "b2061457c0759fc1749f174ee1ccadfa",
  tag: "9ce8fef6d8ab1bf1bf887232eab590dd",
};

/** Tags of Wycheproof 130 to 135, one flipped bit each, and the all-zero and all-one tags. */
export const MODIFIED_TAGS: readonly { name: string; tag: string }[] = [
  { name: "wycheproof 130, bit 0", tag: "9de8fef6d8ab1bf1bf887232eab590dd" },
  { name: "wycheproof 131, bit 1", tag: "9ee8fef6d8ab1bf1bf887232eab590dd" },
  { name: "wycheproof 132, bit 7", tag: "1ce8fef6d8ab1bf1bf887232eab590dd" },
  { name: "wycheproof 133, bit 8", tag: "9ce9fef6d8ab1bf1bf887232eab590dd" },
  { name: "wycheproof 134, bit 31", tag: "9ce8fe76d8ab1bf1bf887232eab590dd" },
  { name: "wycheproof 135, bit 32", tag: "9ce8fef6d9ab1bf1bf887232eab590dd" },
  { name: "all zeros", tag: "00".repeat(16) },
  { name: "all ones", tag: "ff".repeat(16) },
];
