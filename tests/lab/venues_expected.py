"""Where the money of the six thefts is under FIFO: origin, holder, asset, base units, stolen principal.

Fixed keys make a fixed chain, so the figures are data: what the exchanges pay is theirs to say. The notes are the hand
reckoning that decides each chain; `tests.lab.venues_truth` carried it to the unit from the meaning of each step, and
test_venues.py reckons some of the chains again in its own way. Principal is in base units of what was stolen.
"""

from __future__ import annotations

from typing import Final

EXPECTED: Final[tuple[tuple[int, str, str, int, int], ...]] = (
    # a  Of the 8,000 sold the thief's 1,000 clean LABD are first, and so is the first eighth of the ETH. The wrap
    #    takes the thief's 0.5 clean ETH (less fees), that eighth, then stolen ETH: the first third of the LABE is
    #    clean, and is m2's 400 and the first 92 of m3's. m1 had 50 clean LABE and sends 650 stolen ones behind them;
    #    the Safe sells those 50 and 550, pays 60 to m2 and keeps 40. r1 had 200 clean LABD, first in the vault's
    #    shares too, and 1.2 clean ETH: 0.49 of them went into liquidity beside stolen LABD, so half of what came out
    #    of it is clean, and the rest is paid away first.
    (0, "a thief", "labd", 3_000_000_000, 3_000_000_000),
    (0, "a thief", "coin", 1_447_474_897_588_245_195, 2_932_610_275),
    (0, "fee", "coin", 490_958_000_000_000, 994_690),
    (0, "a m1", "labe", 150_000_000_000_000_000_000, 612_668_012),
    (0, "a thief", "labe", 88_094_868_839_462_181_621, 359_819_387),
    (0, "a m2", "labe", 60_000_000_000_000_000_000, 245_067_205),
    (0, "a m3", "labe", 107_483_884_515_236_963_078, 439_012_919),
    (0, "a safe", "labe", 40_000_000_000_000_000_000, 163_378_136),
    (0, "a r1", "labd", 39_614_679, 39_827_754),
    (0, "forwarder", "coin", 955_966_759_298_728_427, 1_954_820_714),
    (0, "a r1", "coin", 122_763_914_326_620_147, 251_800_908),
    # b  The thief's clean 0.5 ETH pay for the first fifth of the 5,000 LABD; 927 LABD and 100 LABE are left by exact
    #    outputs. The stake grew by a tenth without a movement: m1 had 3, paid 2.2 and took out 1.1, of which 0.3 are
    #    growth and clean. second had 150 clean LABD; 37 of them are the router's fee, so no stolen unit is at the fee
    #    wallet.
    (1, "b thief", "coin", 9_526_182_865_979_896_332, 9_526_182_865_979_896_332),
    (1, "b m1", "coin", 1_899_718_568_000_000_000, 1_899_718_568_000_000_000),
    (1, "b m2", "coin", 2_199_589_114_000_000_000, 2_199_589_114_000_000_000),
    (1, "fee", "coin", 1_432_798_000_000_000, 1_432_798_000_000_000),
    (1, "exchange", "coin", 2_049_540_482_791_156_603, 2_053_778_702_689_665_737),
    (1, "b thief", "labd", 927_605_992, 458_687_901_197_125_250),
    (1, "b thief", "labe", 100_000_000_000_000_000_000, 201_374_061_453_590_620),
    (1, "b m2", "weth", 1_476_080_454_782_985_258, 1_476_080_454_782_985_258),
    (1, "b m2", "labd", 2_803_639_142, 1_424_173_495_217_014_742),
    (1, "b second", "labe", 58_853_819_815_800_846_667, 119_130_569_991_471_984),
    (1, "b second", "labd", 438_613_389, 223_271_183_575_698_552),
    (1, "b second", "weth", 114_806_862_017_713_295, 115_692_219_070_248_330),
    (1, "b second", "coin", 98_627_462_000_000_000, 99_388_048_236_054_938),
    (1, "b m3", "coin", 199_958_000_000_000_000, 201_500_017_806_248_257),
    # c  The operator's fifth: 2,000 LABD swapped and sent as coin to out, behind out's own 0.15 clean ETH (less fees).
    (2, "hot", "coin", 1_003_565_683_938_219_058, 2_000_000_000),
    #    The affiliate's four fifths: 3,000, 1,000, 2,000 and 1,500 go, 500 stay. Of every toll transfer 2 % are the
    #    collector's. mule's 100 clean TOLL are sold first. Counterfeit and spoofed events move nothing.
    (3, "c affiliate", "labd", 500_000_000, 500_000_000),
    (3, "c mule", "labd", 200_000_000, 200_000_000),
    (3, "collector", "toll", 47_202_618_709_300_602_372, 96_982_985),
    (3, "c mule", "toll", 190_000_000_000_000_000_000, 390_375_949),
    (3, "c affiliate", "toll", 930_928_316_755_729_516_271, 1_912_694_870),
    (3, "c mule", "coin", 184_267_538_500_480_630, 376_718_290),
    (3, "fee", "coin", 380_180_000_000_000, 777_244),
    (3, "feewallet", "coin", 10_217_545_779_831_959, 21_152_862),
    (3, "c affiliate", "weth", 474_903_375_088_724_139, 974_257_321),
    (3, "c affiliate", "coin", 500_000_000_000_000_000, 1_025_742_679),
    (3, "c affiliate", "labe", 216_955_255_723_902_834_632, 880_044_134),
    (3, "c out", "labe", 50_000_000_000_000_000_000, 204_009_011),
    (3, "c out", "labd", 113_708_749, 115_111_362),
    (3, "c out", "coin", 469_409_651_120_824_614, 979_323_270),
    (3, "hot", "coin", 154_729_438_998_020_088, 322_810_023),
    # d  The account had 100 clean LABD and no coin; it pays no fee, its bundler does. mule's 10 clean LABE are not
    #    touched; out's 0.25 clean ETH (less fees) are paid away first.
    (4, "account", "labd", 1_100_000_000, 1_100_000_000),
    (4, "d out", "labd", 1_104_082_859, 1_108_769_314),
    (4, "d mule", "labd", 1_000_000_000, 1_000_000_000),
    (4, "account", "coin", 447_317_363_312_412_208, 927_199_607),
    (4, "account", "labe", 93_856_484_846_616_110_094, 393_931_769),
    (4, "account", "vault2", 100_000_000_000_000_000_000, 419_717_156),
    (4, "d out", "labe", 50_000_000_000_000_000_000, 209_858_578),
    (4, "d out", "weth", 40_000_000_000_000_000, 85_502_143),
    (4, "d out", "coin", 149_217_548_000_000_000, 318_960_504),
    (4, "forwarder", "coin", 103_999_999_066_666_667, 222_305_571),
    (4, "d safe", "coin", 100_000_000_000_000_000, 213_755_358),
    # e  The LABD: the position takes 5,976 of 8,000 and 3 WETH. Both halves of what comes out stem from both, by
    #    value. The 2,024 that stayed are sold before what came back.
    (5, "e thief", "weth", 1_496_952_635_724_190_513, 2_993_905_272),
    (5, "e thief", "labd", 342_830_072, 342_830_072),
    (5, "e out", "v2 labd/labe", 506_271_977_452_398, 2_037_305_745),
    (5, "e out", "labd", 1_315_456_902, 1_323_322_735),
    (5, "e out", "labe", 49_999_999_914_095_981_175, 201_195_909),
    (5, "e out", "weth", 109_524_648_903_147_775, 217_766_427),
    (5, "e out", "coin", 248_875_596_000_000_000, 494_836_093),
    (5, "fee", "coin", 103_364_000_000_000, 205_517),
    (5, "e out", "stake", 195_460_839_262_461_208, 388_632_230),
    #    The 5 ETH: the thief's fees, the wrap of 4, and what half of the position became.
    (6, "fee", "coin", 2_358_938_000_000_000, 2_358_938_000_000_000),
    (6, "e thief", "coin", 997_641_062_000_000_000, 997_641_062_000_000_000),
    (6, "e thief", "weth", 2_503_047_364_275_809_486, 2_503_047_364_401_307_191),
    (6, "e thief", "labe", 86_307_340_428_307_248_496, 175_011_047_563_568_102),
    (6, "e out", "v2 labd/labe", 400_825_848_376_583, 808_501_440_283_642_688),
    (6, "e out", "labd", 13_128_061, 6_619_763_793_165_565),
    (6, "forwarder", "labd", 500_000_000, 252_122_678_024_026_726),
    (6, "e out", "stake", 255_560_200_737_538_792, 254_697_705_934_289_728),
    # f  1,000 DBL stay: 500 banned at the thief, 500 at m1. m2 had 50 clean LABD, first in the vault's shares. out's
    #    0.06 clean ETH (less fees) buy the first toll; 2 % of every toll transfer are the collector's.
    (7, "f thief", "double", 500_000_000_000_000_000_000, 500_000_000_000_000_000_000),
    (7, "f m1", "double", 500_000_000_000_000_000_000, 500_000_000_000_000_000_000),
    (7, "f thief", "weth", 242_379_212_266_781_309, 487_731_945_837_512_536_831),
    (7, "f m2", "labd", 130_986_911, 133_055_284_239_949_692_871),
    (7, "f out", "labe", 150_000_000_000_000_000_000, 612_104_292_673_709_493_614),
    (7, "f m1", "labe", 117_584_417_709_580_262_320, 479_826_178_877_150_843_977),
    (7, "f m2", "labe", 100_000_000_000_000_000_000, 408_069_528_449_139_662_409),
    (7, "f m2", "vault", 942_519_685, 965_001_152_537_459_605_466),
    (7, "f out", "labd", 149_999_999, 152_368_602_051_020_788_212),
    (7, "f out", "weth", 84_154_120_962_446_483, 178_018_076_998_034_483_652),
    (7, "f out", "coin", 19_330_796_000_000_000, 40_892_009_700_831_356_624),
    (7, "fee", "coin", 119_206_000_000_000, 252_166_176_105_593_515),
    (7, "collector", "toll", 16_018_865_283_196_990_916, 34_641_814_573_979_743_770),
    (7, "f out", "toll", 25_930_367_623_443_364_561, 56_076_068_508_341_819_164),
    (7, "f m1", "toll", 44_000_000_000_000_000_000, 95_152_797_299_192_099_658),
    (7, "f m1", "coin", 147_941_791_054_403_517, 314_767_877_975_512_893_709),
    (7, "exchange", "coin", 19_759_954_588_559_765, 42_042_204_102_059_386_528),
)
